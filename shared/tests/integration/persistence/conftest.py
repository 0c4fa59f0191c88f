"""A database that has the plumbing tables and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.persistence.database import create_engine
from unavez_shared.persistence.migrations import add_receipts, create_plumbing, upgrade
from unavez_shared.testing.databases import create_copy


@pytest.fixture
async def engine(fresh_databases: str) -> AsyncIterator[AsyncEngine]:
    await create_copy(
        fresh_databases, "unavez_plumbing", "template_plumbing", partial(_build, fresh_databases, "template_plumbing")
    )
    engine = create_engine(fresh_databases, "unavez_plumbing")
    yield engine
    await engine.dispose()


async def _build(server_url: str, database: str) -> None:
    await upgrade(server_url, database, "unavez_shared.privacy.keys")
    engine = create_engine(server_url, database)
    async with engine.begin() as connection:
        await connection.run_sync(_plumb)
    await engine.dispose()


def _plumb(connection: Connection) -> None:
    operations = Operations(MigrationContext.configure(connection))
    create_plumbing(operations)
    add_receipts(operations)
