"""What the operator's command line does with a directory, without a running service.

Each call opens the database its settings name, checks that it is migrated and of the right birth (SAFETY N18), works
in one transaction, and closes it. The events an import writes stand in the outbox until the service runs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from unavez_directory.adapters.store import DirectoryStore
from unavez_directory.adapters.stores import Stores
from unavez_directory.api.bundle import SCHEMA, BundleBody, bundle_document
from unavez_directory.demo import demo_bundle
from unavez_directory.settings import Settings
from unavez_directory.use_cases.export_directory import ExportDirectory
from unavez_directory.use_cases.export_directory import export_directory as export_use_case
from unavez_directory.use_cases.import_directory import ImportDirectory, Imported
from unavez_directory.use_cases.import_directory import import_directory as import_use_case
from unavez_shared.contracts.errors import Fault, InvalidInputError
from unavez_shared.contracts.services import Service
from unavez_shared.foundation import Ledger
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.web.body import parse_json

__all__ = ["demo_bundle", "export_directory", "import_directory", "is_empty", "read_bundle"]

_LISTS = ("organizations", "locations", "services")


async def import_directory(settings: Settings, document: Mapping[str, Any]) -> Imported:
    """Import one bundle, as `POST /v1/imports` does.

    Raises InvalidInputError with pointers, ConflictError `fictional_mismatch`, StartupError.
    """
    bundle = parse_json(orjson.dumps(document), BundleBody).to_bundle()
    async with _opened(settings) as (work, stores):
        return await import_use_case(ImportDirectory(bundle), work, stores)


async def export_directory(settings: Settings) -> dict[str, Any]:
    """Return what `GET /v1/exports` answers. Raises StartupError."""
    async with _opened(settings) as (work, stores):
        bundle = await export_use_case(ExportDirectory(), work, stores)
    return bundle_document(bundle)


async def is_empty(settings: Settings) -> bool:
    """Tell whether nothing was ever imported. Raises StartupError."""
    async with _opened(settings) as (work, stores):
        return await stores.directory.is_empty(work)


def read_bundle(source: Path) -> dict[str, Any]:
    """Read a bundle from a JSON file, or from a folder of them taken together, in order of their names.

    Raises InvalidInputError when a file is no bundle or the files disagree on being fictional.
    """
    files = sorted(source.glob("*.json")) if source.is_dir() else [source]
    parts = [parse_json(file.read_bytes(), BundleBody) for file in files]
    if len({part.fictional for part in parts}) != 1:
        raise InvalidInputError([Fault("/fictional", "required" if not parts else "fictional_mismatch")])
    documents = [orjson.loads(file.read_bytes()) for file in files]
    return {
        "schema": SCHEMA,
        "fictional": parts[0].fictional,
        **{name: [entry for document in documents for entry in document.get(name, [])] for name in _LISTS},
    }


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[UnitOfWork, Stores]]:
    ledger = Ledger.open(Service.DIRECTORY, settings)
    try:
        await ledger.check("unavez_directory", demo=settings.demo)
        async with ledger.database.transaction() as work:
            yield work, Stores(DirectoryStore(), demo=settings.demo)
    finally:
        await ledger.database.close()
