"""Databases for tests: a schema is built once a run, on each server; tests get copies, emptied and lent again.

To create and to drop a database costs more than most tests do: a copy that a test gives back waits under another name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from unavez_shared.persistence.migrations import upgrade

_SPARE = "spare_"
_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
"""
_EMPTY = """
    DO $$
    DECLARE each record;
    BEGIN
        FOR each IN
            SELECT oid::regclass AS name, pg_relation_size(oid) AS size FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
        LOOP
            IF each.size > 65536 THEN
                EXECUTE format('TRUNCATE %s CASCADE', each.name);
            ELSE
                EXECUTE format('DELETE FROM %s', each.name);
            END IF;
        END LOOP;
        PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
            FROM pg_sequences WHERE last_value IS NOT NULL;
    END $$
"""
_SHAPE = """
    WITH ours AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
        SELECT concat_ws(' ', 'relation', oid, relname, relowner, relacl, reloptions, relrowsecurity) AS part FROM ours
        UNION ALL SELECT concat_ws(' ', 'column', attrelid, attnum, a.xmin)
            FROM pg_attribute AS a JOIN ours ON ours.oid = attrelid
        UNION ALL SELECT concat_ws(' ', 'trigger', t.oid, t.xmin) FROM pg_trigger AS t JOIN ours ON ours.oid = tgrelid
        UNION ALL SELECT concat_ws(' ', 'constraint', oid, xmin) FROM pg_constraint
        UNION ALL SELECT concat_ws(' ', 'function', oid, xmin) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', 'schema', oid, xmin) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
        UNION ALL SELECT concat_ws(' ', 'database', datdba, datacl, datconnlimit, datallowconn)
            FROM pg_database WHERE datname = current_database()
        UNION ALL SELECT concat_ws(' ', 'setting', setrole, setconfig)
            FROM pg_db_role_setting JOIN pg_database AS d ON d.oid = setdatabase WHERE datname = current_database()
    ) AS parts
"""


@dataclass(frozen=True)
class _Copy:
    """A database made from a template: what it was like before anybody used it."""

    template: str
    shape: str
    rows: dict[str, bytes]


_built: set[tuple[str, str]] = set()
_copies: dict[tuple[str, int], _Copy] = {}


async def administer(server_url: str, statement: str) -> None:
    """Run one statement outside any transaction, in the database `postgres`."""
    async with _connected(server_url, "postgres") as connection:
        await connection.execute(statement)


async def create_migrated(server_url: str, database: str, script_package: str) -> None:
    """Create `database` at the head of `<script_package>.migrations`; it must not exist."""
    template = f"template_{script_package.replace('.', '_')}"
    await create_copy(server_url, database, template, partial(upgrade, server_url, template, script_package))


async def create_copy(server_url: str, database: str, template: str, build: Callable[[], Awaitable[None]]) -> None:
    """Create `database` as a copy of what `build` makes of `template`, once a run; it must not exist."""
    if (server_url, template) not in _built:
        await build()
        _built.add((server_url, template))
    if await _lend_again(server_url, database, template):
        return
    await administer(server_url, f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
    async with _connected(server_url, database) as connection:
        oid = await connection.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
        rows = {}
        for (table,) in await connection.fetch(_TABLES):
            await connection.copy_from_table(table, output=(copied := BytesIO()), format="binary")
            rows[table] = copied.getvalue()
        _copies[server_url, oid] = _Copy(template, await connection.fetchval(_SHAPE), rows)


async def put_away(server_url: str) -> None:
    """Make every `unavez_*` database disappear: a copy is kept for the next who wants one, all others are dropped."""
    async with _connected(server_url, "postgres") as connection:
        found = await connection.fetch("SELECT oid, datname FROM pg_database WHERE datname LIKE 'unavez\\_%'")
        for oid, name in found:
            copy = _copies.get((server_url, oid))
            spare = _spare(copy.template) if copy is not None else ""
            if copy is None or await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", spare):
                await _drop(connection, name)
                continue
            await connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", name
            )
            await connection.execute(f'ALTER DATABASE "{name}" RENAME TO "{spare}"')


async def _lend_again(server_url: str, database: str, template: str) -> bool:
    spare = _spare(template)
    async with _connected(server_url, "postgres") as administrator:
        oid = await administrator.fetchval("SELECT oid FROM pg_database WHERE datname = $1", spare)
        if oid is None:
            return False
        if not await _is_as_new(server_url, spare, _copies[server_url, oid]):
            await _drop(administrator, spare)
            return False
        await administrator.execute(f'ALTER DATABASE "{spare}" RENAME TO "{database}"')
    return True


async def _is_as_new(server_url: str, database: str, copy: _Copy) -> bool:
    """Empty a copy and give it the rows it had at first; tell whether its schema is what it was."""
    try:
        async with _connected(server_url, database) as connection, connection.transaction():
            if await connection.fetchval(_SHAPE) != copy.shape:
                return False
            await connection.execute("SET LOCAL session_replication_role = replica")  # no trigger refuses
            await connection.execute(_EMPTY)
            for table, rows in copy.rows.items():
                await connection.copy_to_table(table, source=BytesIO(rows), format="binary")
    except asyncpg.PostgresError:  # a test locked it, or made it unusable
        return False
    return True


async def _drop(connection: Any, database: str) -> None:
    await connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


def _spare(template: str) -> str:
    return template.replace("template_", _SPARE, 1)


@asynccontextmanager
async def _connected(server_url: str, database: str) -> AsyncIterator[Any]:
    url = make_url(server_url)
    connection = await asyncpg.connect(
        host=url.query.get("host", url.host),
        port=url.port,
        user=url.username,
        password=url.password,
        database=database,
    )
    try:
        yield connection
    finally:
        await connection.close()
