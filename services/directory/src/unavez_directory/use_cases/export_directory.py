"""Hand out the public directory as a bundle that can be imported again."""

from __future__ import annotations

from dataclasses import dataclass

from unavez_directory.adapters.stores import Stores
from unavez_directory.domain.model import Bundle
from unavez_shared.contracts.actor import Actor
from unavez_shared.persistence.database import UnitOfWork


@dataclass(frozen=True, slots=True)
class ExportDirectory:
    """The command: who asks (None = the operator's command line)."""

    actor: Actor | None = None


async def export_directory(command: ExportDirectory, work: UnitOfWork, stores: Stores) -> Bundle:
    """Return what is public. A confidential service, its house and its place are in no export (SAFETY N3)."""
    organizations, locations, services, reported = await stores.directory.public_bundle(work)
    work.record("directory_exported", actor=command.actor, services=len(services))
    return Bundle(
        fictional=stores.demo,
        organizations=tuple(organizations),
        locations=tuple(locations),
        services=tuple(services),
        capacities=tuple((service_id, report.capacity) for service_id, report in sorted(reported.items())),
    )
