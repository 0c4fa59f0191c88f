from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from unavez_notifier.adapters.tables import metadata
from unavez_shared.persistence.tables import plumbing

from .conftest import Notifier


async def test_migrations_make_the_tables_the_code_names(notifier: Notifier) -> None:
    expected = MetaData()
    for table in (*metadata.sorted_tables, *plumbing.sorted_tables):
        table.to_metadata(expected)

    def differences(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection), expected)

    async with notifier.service.runtime.database.engine.connect() as connection:
        found = await connection.run_sync(differences)
    assert [one for one in found if "alembic_version" not in str(one)] == []
