"""Hand out the public directory as a bundle that can be imported again."""

from __future__ import annotations

from dataclasses import dataclass

from unavez_directory.domain.model import Bundle
from unavez_directory.use_cases.ports import DirectoryStore
from unavez_shared.contracts.actor import Actor
from unavez_shared.persistence.database import Database


@dataclass(frozen=True, slots=True)
class ExportDirectory:
    """The command: who asks (None = the operator's command line), and what this installation is."""

    demo: bool
    actor: Actor | None = None


async def export_directory(command: ExportDirectory, database: Database, store: DirectoryStore) -> Bundle:
    """Return what is public. A confidential service, its house and its place are in no export (SAFETY N3)."""
    async with database.transaction() as work:
        organizations, locations, services, reported = await store.public_bundle(work)
        work.record("directory_exported", actor=command.actor, services=len(services))
    return Bundle(
        fictional=command.demo,
        organizations=tuple(organizations),
        locations=tuple(locations),
        services=tuple(services),
        capacities=tuple((service_id, report.capacity) for service_id, report in sorted(reported.items())),
    )
