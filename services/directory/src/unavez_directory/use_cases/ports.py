"""What the use-cases need from storage; `adapters` holds the SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from unavez_directory.domain.model import (
    Capacity,
    Location,
    Organization,
    OrganizationRecord,
    ReportedCapacity,
    Service,
    ServiceRecord,
)
from unavez_directory.domain.queries import Page, Paging, Place, ServiceFilter
from unavez_shared.persistence.database import UnitOfWork

T_co = TypeVar("T_co", covariant=True)


class Listing(Protocol[T_co]):
    """A public list by name, read in slices: a long answer is put together a little at a time."""

    async def page(self, paging: Paging) -> Page[UUID]:
        """Return one page of ids and the count."""
        ...

    async def after(self, last: Place | None, *, limit: int) -> Sequence[Place]:
        """Return where the entries after `last` stand, `limit` at most; from the beginning without it."""
        ...

    async def records(self, ids: Sequence[UUID]) -> Sequence[T_co]:
        """Return what stands behind the ids, in their order; what is not public any more is left out."""
        ...


class PublicReader(Protocol):
    """Reads what the public may see. A confidential service, its place and its house are in no answer and no count."""

    def services(self, wanted: ServiceFilter) -> Listing[ServiceRecord]:
        """Return public services."""
        ...

    def service_at_locations(self, wanted: ServiceFilter) -> Listing[ServiceRecord]:
        """Return public services that have a place."""
        ...

    async def service(self, service_id: UUID) -> ServiceRecord | None:
        """Return one public service."""
        ...

    def organizations(self, wanted: ServiceFilter, *, with_services: bool) -> Listing[OrganizationRecord]:
        """Return organizations with a public service that meets the filter."""
        ...

    async def organization(self, organization_id: UUID) -> OrganizationRecord | None:
        """Return one public organization with its public services."""
        ...


class DirectoryStore(Protocol):
    """Reads and writes everything, inside the caller's transaction."""

    async def lock(self, work: UnitOfWork) -> None:
        """One import at a time."""
        ...

    async def is_empty(self, work: UnitOfWork) -> bool:
        """Tell whether nothing was ever imported."""
        ...

    async def stored_organizations(self, work: UnitOfWork, ids: Collection[UUID]) -> Mapping[UUID, Organization]:
        """Return those of the ids that are stored."""
        ...

    async def stored_locations(self, work: UnitOfWork, ids: Collection[UUID]) -> Mapping[UUID, Location]:
        """Return those of the ids that are stored."""
        ...

    async def records(
        self, work: UnitOfWork, ids: Collection[UUID], *, lock: bool = False
    ) -> dict[UUID, ServiceRecord]:
        """Return services of any tier by id, locked against other writers when asked."""
        ...

    async def services_at(self, work: UnitOfWork, location_ids: Collection[UUID]) -> Sequence[UUID]:
        """Return the ids of services at these places."""
        ...

    async def services_of(self, work: UnitOfWork, organization_ids: Collection[UUID]) -> Sequence[UUID]:
        """Return the ids of services these organizations run, or are the front door of."""
        ...

    async def take_to_publish(self, work: UnitOfWork, limit: int) -> Sequence[UUID]:
        """Take services out of the queue of those to publish again; return them by id."""
        ...

    async def shared_confidential_places(self, work: UnitOfWork) -> frozenset[UUID]:
        """Return places that hold a confidential and a public service: an import must not leave one."""
        ...

    async def write_organizations(
        self, work: UnitOfWork, *, created: Sequence[Organization], changed: Sequence[Organization], at: datetime
    ) -> None:
        """Insert and update."""
        ...

    async def write_locations(
        self, work: UnitOfWork, *, created: Sequence[Location], changed: Sequence[Location], at: datetime
    ) -> None:
        """Insert and update."""
        ...

    async def write_services(
        self, work: UnitOfWork, *, created: Sequence[Service], changed: Sequence[Service], at: datetime
    ) -> None:
        """Insert with version 1; update with the next version."""
        ...

    async def next_versions(self, work: UnitOfWork, ids: Collection[UUID], *, at: datetime | None) -> None:
        """Count a change that is not in the service's own row; `at` set = it counts as modified, too."""
        ...

    async def write_capacities(
        self, work: UnitOfWork, reports: Sequence[tuple[UUID, Capacity]], *, at: datetime, overwrite: bool
    ) -> None:
        """Write reported capacities; without `overwrite` only where none was reported yet."""
        ...

    async def public_bundle(
        self, work: UnitOfWork
    ) -> tuple[Sequence[Organization], Sequence[Location], Sequence[Service], Mapping[UUID, ReportedCapacity]]:
        """Return everything public, for an export."""
        ...
