"""A database that has the plumbing tables and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.persistence.database import create_engine
from unavez_shared.persistence.migrations import add_receipts, create_plumbing, upgrade


@pytest.fixture
async def engine(fresh_databases: str) -> AsyncIterator[AsyncEngine]:
    await upgrade(fresh_databases, "unavez_plumbing", "unavez_shared.privacy.keys")
    engine = create_engine(fresh_databases, "unavez_plumbing")
    async with engine.begin() as connection:
        await connection.run_sync(_plumb)
    yield engine
    await engine.dispose()


def _plumb(connection: Connection) -> None:
    operations = Operations(MigrationContext.configure(connection))
    create_plumbing(operations)
    add_receipts(operations)
