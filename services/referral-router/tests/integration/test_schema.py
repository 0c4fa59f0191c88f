"""The tables in code are the tables the migration makes."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from unavez_referral_router.adapters.tables import metadata


async def test_the_migrated_schema_is_the_one_the_code_uses(router: Any) -> None:
    def differences(connection: Connection) -> list[Any]:
        def ours(_: Any, name: str | None, kind: str, *__: Any) -> bool:
            return kind != "table" or name in metadata.tables

        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        return list(compare_metadata(context, metadata))

    async with router.service.runtime.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
