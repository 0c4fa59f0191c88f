"""Databases for tests: a schema is built by its migrations once a run, on each server, and copied from then on."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from unavez_shared.persistence.database import create_engine
from unavez_shared.persistence.migrations import upgrade

_built: set[tuple[str, str]] = set()


async def administer(server_url: str, statement: str) -> None:
    """Run one statement outside any transaction, in the database `postgres`."""
    url = create_engine(server_url, "postgres").url
    admin = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    async with admin.connect() as connection:
        await connection.execute(text(statement))
    await admin.dispose()


async def create_migrated(server_url: str, database: str, script_package: str) -> None:
    """Create `database` at the head of `<script_package>.migrations`; it must not exist."""
    template = f"template_{script_package.replace('.', '_')}"
    if (server_url, template) not in _built:
        await upgrade(server_url, template, script_package)
        _built.add((server_url, template))
    await administer(server_url, f"CREATE DATABASE {database} TEMPLATE {template}")
