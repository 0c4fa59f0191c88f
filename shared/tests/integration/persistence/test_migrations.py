from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import KEYS_DATABASE
from unavez_shared.persistence.database import create_engine
from unavez_shared.persistence.migrations import upgrade
from unavez_shared.persistence.schema import bind_installation, check_current
from unavez_shared.persistence.tables import audit, installation, plumbing
from unavez_shared.privacy.keys.tables import metadata

KEYS = "unavez_shared.privacy.keys"


@pytest.fixture
async def keys_engine(fresh_databases: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(fresh_databases, KEYS_DATABASE)
    yield engine
    await engine.dispose()


async def test_a_migration_logs_from_where_to_where(fresh_databases: str, capsys: pytest.CaptureFixture[str]) -> None:
    await upgrade(fresh_databases, KEYS_DATABASE, KEYS)
    await upgrade(fresh_databases, KEYS_DATABASE, KEYS)

    lines = [line for line in capsys.readouterr().out.splitlines() if "schema_migrated" in line]
    assert [re.findall(r"revision(?:_before)?=(\S+)", line) for line in lines] == [["0001", "None"], ["0001", "0001"]]


async def test_a_missing_database_is_created_and_brought_up_to_date(
    fresh_databases: str, keys_engine: AsyncEngine
) -> None:
    await upgrade(fresh_databases, KEYS_DATABASE, KEYS)

    await check_current(keys_engine, KEYS)
    async with keys_engine.connect() as connection:
        assert (await connection.execute(text("SHOW server_encoding"))).scalar_one() == "UTF8"


async def test_an_upgrade_may_be_repeated(fresh_databases: str, keys_engine: AsyncEngine) -> None:
    for _ in range(2):
        await upgrade(fresh_databases, KEYS_DATABASE, KEYS)

    await check_current(keys_engine, KEYS)


async def test_upgrades_at_the_same_time_do_not_disturb_each_other(fresh_databases: str) -> None:
    names = [KEYS_DATABASE, "unavez_other", KEYS_DATABASE, "unavez_other", "unavez_third"]

    await asyncio.gather(*(upgrade(fresh_databases, name, KEYS) for name in names))

    for name in names:
        engine = create_engine(fresh_databases, name)
        await check_current(engine, KEYS)
        await engine.dispose()


async def test_a_database_that_is_behind_stops_the_start(fresh_databases: str) -> None:
    await upgrade(fresh_databases, KEYS_DATABASE, KEYS)
    engine = create_engine(fresh_databases, KEYS_DATABASE)
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))

    with pytest.raises(StartupError, match="migrate"):
        await check_current(engine, KEYS)
    await engine.dispose()


async def test_the_migration_creates_exactly_the_declared_tables(
    fresh_databases: str, keys_engine: AsyncEngine
) -> None:
    await upgrade(fresh_databases, KEYS_DATABASE, KEYS)

    async with keys_engine.connect() as connection:
        found = await connection.run_sync(
            lambda sync: {
                (table, column["name"], column["nullable"])
                for table in inspect(sync).get_table_names()
                for column in inspect(sync).get_columns(table)
                if table != "alembic_version"
            }
        )
    declared = {(table.name, each.name, each.nullable) for table in metadata.tables.values() for each in table.columns}
    assert found == declared


async def test_a_role_that_may_not_create_the_database_is_told_so(fresh_databases: str) -> None:
    url = make_url(fresh_databases)
    owner = await asyncpg.connect(host=url.query["host"], user=url.username, password=url.password, database="postgres")
    await owner.execute("DROP ROLE IF EXISTS unavez_small")
    await owner.execute("CREATE ROLE unavez_small LOGIN NOCREATEDB PASSWORD 'small'")
    await owner.close()

    with pytest.raises(StartupError, match="unavez_forbidden"):
        await upgrade(
            url.set(username="unavez_small", password="small").render_as_string(False), "unavez_forbidden", KEYS
        )


async def test_plumbing_has_every_table(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert set(plumbing.tables) <= set(names)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET action = 'other'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE audit_seals SET low = 0",
        "DELETE FROM audit_seals",
        "TRUNCATE audit_seals",
    ],
)
async def test_the_audit_refuses_every_change(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(audit.insert().values(at=text("now()"), action="tested", detail={}))

    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))


@pytest.mark.parametrize("born_demo", [True, False])
async def test_a_database_stays_what_it_was_born(engine: AsyncEngine, born_demo: bool) -> None:
    for _ in range(2):
        await bind_installation(engine, born_demo)

    with pytest.raises(StartupError, match="born"):
        await bind_installation(engine, not born_demo)
    async with engine.connect() as connection:
        assert (await connection.execute(select(installation.c.demo))).scalars().all() == [born_demo]


@pytest.fixture
def alembic_ini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_databases: str) -> Config:
    path = tmp_path / "alembic.ini"
    path.write_text(
        f"[alembic]\nscript_location = {KEYS}:migrations\npath_separator = os\ndatabase = {KEYS_DATABASE}\n"
    )
    monkeypatch.setenv("UNAVEZ_DATABASE_URL", fresh_databases)
    return Config(str(path))


async def test_the_alembic_command_reaches_the_same_head(
    fresh_databases: str, alembic_ini: Config, keys_engine: AsyncEngine
) -> None:
    await upgrade(fresh_databases, KEYS_DATABASE, KEYS)

    await asyncio.to_thread(command.downgrade, alembic_ini, "head")
    await asyncio.to_thread(command.upgrade, alembic_ini, "head")

    await check_current(keys_engine, KEYS)
