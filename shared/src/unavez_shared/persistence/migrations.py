"""Schemas: brought up to date by Alembic, from the service's own package, before the service starts.

A service that runs does not load this module: whether its schema is current it asks `schema`, without Alembic.
"""

from __future__ import annotations

import asyncio
import os
from weakref import WeakKeyDictionary

from alembic import command, context
from alembic.config import Config
from alembic.operations import Operations
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Identity,
    LargeBinary,
    MetaData,
    Text,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.contracts.errors import StartupError
from unavez_shared.observability.log import logger
from unavez_shared.persistence.database import UNREACHABLE, create_engine, sqlstate, unreachable
from unavez_shared.persistence.schema import current_revision
from unavez_shared.persistence.tables import outbox, plumbing

log = logger(__name__)

_LOCK = 0x756E_6176_657A  # one migration of a database at a time, whoever starts it
_ABSENT = {"3D000"}
_EXISTS_ALREADY = {"42P04", "23505"}
_alembic: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

_APPEND_ONLY = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$
"""


def create_plumbing(op: Operations) -> None:
    """Create the plumbing tables in a service's first migration; `audit` and its seals refuse changes."""
    first = [table for table in plumbing.sorted_tables if table is not outbox]
    plumbing.create_all(op.get_bind(), tables=first, checkfirst=False)
    op.create_table(
        outbox.name,  # as it was before `add_receipts`
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("message_id", Text, nullable=False),
        Column("routing_key", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
    )
    op.execute(_APPEND_ONLY)
    for table in ("audit", "audit_seals"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
        )


def add_receipts(op: Operations) -> None:
    """Let outbox rows wait for receipts. Whoever still runs the previous version says marked rows again: no harm."""
    op.add_column(outbox.name, Column("sent_at", DateTime(timezone=True)))
    op.add_column(outbox.name, Column("awaits", ARRAY(Text)))
    op.create_index("ix_outbox_unsent", outbox.name, ["id"], postgresql_where=text("sent_at IS NULL"))
    op.create_index("ix_outbox_message_id", outbox.name, ["message_id"])


def remove_receipts(op: Operations) -> None:
    """Take `add_receipts` back: what was marked will be said again."""
    op.drop_index("ix_outbox_message_id", outbox.name)
    op.drop_index("ix_outbox_unsent", outbox.name)
    op.drop_column(outbox.name, "awaits")
    op.drop_column(outbox.name, "sent_at")


async def upgrade(server_url: str, database: str, script_package: str) -> None:
    """Create the database when it is missing and run `<script_package>.migrations` up to its head.

    Safe to run from several processes at once. Raises `StartupError` when the server lets nobody in, or the role
    may not create the database.
    """
    engine = create_engine(server_url, database, pool_size=1, command_seconds=None)
    try:
        if not await _exists(engine):
            await _create(server_url, database)
        async with _one_at_a_time(), engine.begin() as connection:
            # A migration waits for another one, but never makes traffic queue behind its own locks for long.
            await connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            await connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            before = await current_revision(connection)
            await connection.run_sync(_upgrade, _config(script_package))
            after = await current_revision(connection)
        log.info("schema_migrated", database=database, revision_before=before, revision=after)
    finally:
        await engine.dispose()


def run_env(target_metadata: MetaData) -> None:
    """Everything a service's `migrations/env.py` does.

    Started by `upgrade` it uses the connection it was given. Started by the `alembic` command it connects to
    `UNAVEZ_DATABASE_URL` and the `database` the service's `alembic.ini` names.
    """
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _run(connection, target_metadata)
    else:
        asyncio.run(_run_from_command_line(target_metadata))


async def _run_from_command_line(target_metadata: MetaData) -> None:
    database = context.config.get_main_option("database")
    if database is None:
        raise StartupError("alembic.ini no nombra su `database` / alembic.ini names no `database`")
    engine = create_engine(os.environ["UNAVEZ_DATABASE_URL"], database, pool_size=1, command_seconds=None)
    async with engine.begin() as connection:
        await connection.run_sync(_run, target_metadata)
    await engine.dispose()


def _run(connection: Connection, target_metadata: MetaData) -> None:
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


def _upgrade(connection: Connection, config: Config) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config(script_package: str) -> Config:
    config = Config()
    config.set_main_option("script_location", f"{script_package}:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _one_at_a_time() -> asyncio.Lock:
    # Alembic's `context` is a global of the process: two upgrades in one event loop would mix their connections.
    return _alembic.setdefault(asyncio.get_running_loop(), asyncio.Lock())


async def _exists(engine: AsyncEngine) -> bool:
    try:
        async with engine.connect():
            return True
    except Exception as error:
        if sqlstate(error) in _ABSENT:
            return False
        if isinstance(error, UNREACHABLE):
            raise unreachable(str(engine.url.database), error) from None
        raise


async def _create(server_url: str, database: str) -> None:
    engine = create_engine(server_url, "postgres", pool_size=1)
    try:
        async with engine.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.execute(text(f"CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8'"))
    except DBAPIError as error:
        if sqlstate(error) not in _EXISTS_ALREADY:  # another process was faster
            raise StartupError(
                f"no se pudo crear la base de datos {database} / the database {database} could not be created"
            ) from error
    finally:
        await engine.dispose()
