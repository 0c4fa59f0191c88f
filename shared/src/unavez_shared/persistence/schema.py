"""Where a database stands: at which migration, born demo or real. What a service asks before it starts."""

from __future__ import annotations

from enum import StrEnum
from importlib.resources import files

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from unavez_shared.contracts.errors import StartupError
from unavez_shared.persistence.database import reached
from unavez_shared.persistence.tables import installation

_REVISION = text("SELECT version_num FROM alembic_version")
_MIGRATED_EVER = text("SELECT to_regclass('alembic_version') IS NOT NULL")


def revisions(script_package: str) -> list[str]:
    """Return the revisions of `<script_package>.migrations`, oldest first: each file is named `<revision>_<what>.py`.

    Read from the names, for Alembic costs every process 8 MB; a test compares with what Alembic finds.
    """
    names = (file.name for file in files(f"{script_package}.migrations").joinpath("versions").iterdir())
    return sorted(name.partition("_")[0] for name in names if name[0].isdigit())


async def current_revision(connection: AsyncConnection) -> str | None:
    """Return the revision of the connection's database; None when it was never migrated."""
    if not (await connection.execute(_MIGRATED_EVER)).scalar_one():
        return None
    found: str | None = (await connection.execute(_REVISION)).scalar_one_or_none()
    return found


async def check_current(engine: AsyncEngine, script_package: str) -> None:
    """Raise `StartupError` unless the database answers and is at the head of `<script_package>.migrations`."""
    head = revisions(script_package)[-1]
    async with reached(engine) as connection:
        current = await current_revision(connection)
    if current != head:
        raise StartupError(
            f"la base de datos no está al día: ejecute `migrate` / the database is at {current}, not at {head}:"
            " run `migrate`"
        )


class SchemaPosition(StrEnum):
    """Where a database stands beside the migrations this code knows."""

    CURRENT = "current"
    BEHIND = "behind"
    """A migration has not run yet."""
    AHEAD = "ahead"
    """A newer code migrated it: this one does not know its revision."""


async def schema_position(connection: AsyncConnection, script_package: str) -> SchemaPosition:
    """Return where the connection's database stands beside `<script_package>.migrations`. Changes nothing."""
    known = revisions(script_package)
    current = await current_revision(connection)
    if current == known[-1]:
        return SchemaPosition.CURRENT
    return SchemaPosition.BEHIND if current is None or current in known else SchemaPosition.AHEAD


async def bind_installation(engine: AsyncEngine, demo: bool) -> None:
    """Write at birth whether this database is demo or real; raise `StartupError` if it was born the other (N18)."""
    birth = insert(installation).values(only=True, demo=demo, born_at=func.now()).on_conflict_do_nothing()
    async with engine.begin() as connection:
        await connection.execute(birth)
        born_demo = (await connection.execute(select(installation.c.demo))).scalar_one()
    if born_demo is not demo:
        born, asked = ("demo", "real") if born_demo else ("real", "demo")
        raise StartupError(
            f"estos datos nacieron `{born}` y no pueden usarse como `{asked}` / born {born}, refused as {asked}"
        )


async def born_demo(engine: AsyncEngine) -> bool:
    """Return whether this database was born demo. Raises `StartupError` when no service has started on it yet."""
    async with engine.connect() as connection:
        born = (await connection.execute(select(installation.c.demo))).scalar_one_or_none()
    if born is None:
        raise StartupError(
            "esta base de datos aún no tiene una instalación: arránquela primero / no installation in this database "
            "yet: start it first"
        )
    return bool(born)
