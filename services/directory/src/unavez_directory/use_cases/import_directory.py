"""Bring a bundle into the directory: everything or nothing, and only what differs from what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from unavez_directory.adapters.stores import Stores
from unavez_directory.domain.changes import Changes, compare
from unavez_directory.domain.checks import check_bundle, check_references
from unavez_directory.domain.model import Bundle, Location, Organization
from unavez_directory.use_cases.announce_services import announce_services
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError, Fault, InvalidInputError
from unavez_shared.contracts.events import SERVICE_CHANGED, SERVICE_PUBLISHED, SERVICE_SUSPENDED
from unavez_shared.persistence.database import UnitOfWork

_MOST_FAULTS = 100
"""A bundle in the wrong format has thousands; the first ones tell."""


@dataclass(frozen=True, slots=True)
class ImportDirectory:
    """The command: a bundle, and who brings it (None = the operator's command line)."""

    bundle: Bundle
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What the import did, in numbers of entries; for services, of events emitted."""

    organizations_created: int
    organizations_changed: int
    locations_created: int
    locations_changed: int
    services_published: int
    services_changed: int
    services_suspended: int
    unchanged: int


async def import_directory(command: ImportDirectory, work: UnitOfWork, stores: Stores) -> Imported:
    """Check, write and announce the bundle. Importing it again changes nothing.

    Entries are matched by id; what the bundle does not name stays. A capacity in the bundle counts only for a service
    that has none reported: from then on the agency's own report is the truth.

    Raises ConflictError (`fictional_mismatch`: fictional data into a real installation or the reverse, SAFETY N18)
    and InvalidInputError with every fault found.
    """
    bundle = command.bundle
    if bundle.fictional != stores.demo:
        raise ConflictError(Conflict.FICTIONAL_MISMATCH)
    _refuse(check_bundle(bundle))
    store, at = stores.directory, work.now()
    await store.lock(work)
    organizations, locations = await _compare_places(bundle, work, stores)
    before = await store.records(work, [entry.id for entry in bundle.services], lock=True)
    services = compare(bundle.services, {key: record.service for key, record in before.items()})
    await store.write_organizations(work, created=organizations.created, changed=organizations.changed, at=at)
    await store.write_locations(work, created=locations.created, changed=locations.changed, at=at)
    await store.write_services(work, created=services.created, changed=services.changed, at=at)
    await store.write_capacities(work, bundle.capacities, at=at, overwrite=False)
    await _refuse_shared_places(bundle, work, stores)
    touched = [entry.id for entry in (*services.created, *services.changed)]
    moved = sorted(await _services_around(organizations, locations, work, stores) - set(touched))
    await store.next_versions(work, moved, at=at)
    was_active = {key for key, record in before.items() if record.service.active} | set(moved)
    counts = await announce_services([*touched, *moved], work, stores, was_active=was_active)
    result = Imported(
        organizations_created=len(organizations.created),
        organizations_changed=len(organizations.changed),
        locations_created=len(locations.created),
        locations_changed=len(locations.changed),
        services_published=counts[SERVICE_PUBLISHED.name],
        services_changed=counts[SERVICE_CHANGED.name],
        services_suspended=counts[SERVICE_SUSPENDED.name],
        unchanged=organizations.unchanged + locations.unchanged + services.unchanged,
    )
    work.record(
        "directory_imported",
        actor=command.actor,
        organizations=result.organizations_created + result.organizations_changed,
        locations=result.locations_created + result.locations_changed,
        services=len(touched) + len(moved),
    )
    return result


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise InvalidInputError(faults[:_MOST_FAULTS])


async def _compare_places(
    bundle: Bundle, work: UnitOfWork, stores: Stores
) -> tuple[Changes[Organization], Changes[Location]]:
    organization_ids = {entry.id for entry in bundle.organizations}
    organization_ids |= {entry.organization_id for entry in bundle.locations}
    for service in bundle.services:
        organization_ids |= {service.organization_id, service.front_door_organization_id}
    location_ids = {entry.id for entry in bundle.locations}
    location_ids |= {entry.location_id for entry in bundle.services if entry.location_id is not None}
    organizations = await stores.directory.stored_organizations(work, organization_ids)
    locations = await stores.directory.stored_locations(work, location_ids)
    _refuse(check_references(bundle, organizations=organizations.keys(), locations=locations.values()))
    return compare(bundle.organizations, organizations), compare(bundle.locations, locations)


async def _services_around(
    organizations: Changes[Organization], locations: Changes[Location], work: UnitOfWork, stores: Stores
) -> set[UUID]:
    """Return the services that say something new because their organization, front door or place does."""
    at_places = await stores.directory.services_at(work, [entry.id for entry in locations.changed])
    return {*at_places, *await stores.directory.services_of(work, [entry.id for entry in organizations.changed])}


async def _refuse_shared_places(bundle: Bundle, work: UnitOfWork, stores: Stores) -> None:
    # A public answer would show where the hidden house is: the place of a confidential service is its own.
    shared = await stores.directory.shared_confidential_places(work)
    _refuse(
        [
            Fault(f"/services/{index}/location_id", "confidential_place_shared")
            for index, entry in enumerate(bundle.services)
            if entry.location_id in shared
        ]
    )
