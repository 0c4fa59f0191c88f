"""What the public may see, and the one predicate that says so (SAFETY N1, N3)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_directory.adapters.listing import Listing
from unavez_directory.adapters.rows import ORGANIZATION_COLUMNS, RECORD_COLUMNS, organization_of, record_of
from unavez_directory.adapters.tables import capacities, locations, organizations, services
from unavez_directory.domain.distances import EARTH_METRES, Circle
from unavez_directory.domain.model import OrganizationRecord, ServiceRecord
from unavez_directory.domain.queries import SLICE, ServiceFilter
from unavez_shared.contracts.event_data import Tier

PUBLIC = services.c.tier == Tier.PUBLIC.value
"""Everything the public reads goes through this; nothing else decides what is confidential."""

JOINED: FromClause = (
    services.join(organizations, services.c.organization_id == organizations.c.id)
    .outerjoin(locations, services.c.location_id == locations.c.id)
    .outerjoin(capacities, capacities.c.service_id == services.c.id)
)

RUNS_PUBLIC = exists().where(services.c.organization_id == organizations.c.id, PUBLIC)
"""A public organization: it runs a public service. Who is a front door only is in no public answer."""


class PublicReader:
    """Reads what the public may see: a confidential service, its place and its house are in no answer and no count."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    def services(self, wanted: ServiceFilter) -> Listing[ServiceRecord]:
        """Return public services."""
        return Listing(self._engine, services, JOINED, _meets(wanted), self._records)

    def service_at_locations(self, wanted: ServiceFilter) -> Listing[ServiceRecord]:
        """Return public services that have a place."""
        condition = and_(_meets(wanted), services.c.location_id.is_not(None))
        return Listing(self._engine, services, JOINED, condition, self._records)

    async def service(self, service_id: UUID) -> ServiceRecord | None:
        """Return one public service."""
        found = await self._records([service_id])
        return found[0] if found else None

    def organizations(self, wanted: ServiceFilter, *, with_services: bool) -> Listing[OrganizationRecord]:
        """Return organizations with a public service that meets the filter."""
        runs_one = exists().where(services.c.organization_id == organizations.c.id, _meets(wanted, words=False))
        condition = and_(runs_one, *(_says(organizations.c.search, word) for word in wanted.words))
        load = partial(self._organizations, with_services=with_services)
        return Listing(self._engine, organizations, organizations, condition, load)

    async def organization(self, organization_id: UUID) -> OrganizationRecord | None:
        """Return one public organization with its public services."""
        found = await self._organizations([organization_id], with_services=True)
        return found[0] if found else None

    async def _organizations(self, ids: Sequence[UUID], *, with_services: bool) -> list[OrganizationRecord]:
        query = select(*ORGANIZATION_COLUMNS).where(organizations.c.id == func.any(list(ids)), RUNS_PUBLIC)
        async with self._engine.connect() as connection:
            found = {one.id: one for one in map(organization_of, await connection.execute(query))}
        runs = await self._services_of(list(found)) if with_services else {}
        return [OrganizationRecord(found[one], tuple(runs.get(one, ()))) for one in ids if one in found]

    async def _records(self, ids: Sequence[UUID]) -> list[ServiceRecord]:
        query = select(*RECORD_COLUMNS).select_from(JOINED).where(PUBLIC, services.c.id == func.any(list(ids)))
        async with self._engine.connect() as connection:
            found = {one.service.id: one for one in map(record_of, await connection.execute(query))}
        return [found[one] for one in ids if one in found]

    async def _services_of(self, organization_ids: Sequence[UUID]) -> dict[UUID, list[ServiceRecord]]:
        # A large organization runs hundreds: they too are read a slice at a time.
        runs = self.services(ServiceFilter(organization_ids=tuple(organization_ids)))
        by_organization: dict[UUID, list[ServiceRecord]] = {}
        last = None
        while places := await runs.after(last, limit=SLICE):
            for record in await runs.records([place.id for place in places]):
                by_organization.setdefault(record.organization.id, []).append(record)
            last = places[-1]
        return by_organization


def _meets(wanted: ServiceFilter, *, words: bool = True) -> ColumnElement[bool]:
    if wanted.nothing:
        return false()
    conditions: list[ColumnElement[bool]] = [PUBLIC]
    if wanted.service_type is not None:
        conditions.append(services.c.service_type == wanted.service_type)
    if wanted.accommodation_tag is not None:
        conditions.append(services.c.accommodates.contains([wanted.accommodation_tag]))
    if wanted.any_accommodation_tag:
        conditions.append(func.cardinality(services.c.accommodates) > 0)
    if wanted.organization_ids is not None:
        conditions.append(services.c.organization_id == func.any(list(wanted.organization_ids)))
    if wanted.modified_after is not None:
        conditions.append(services.c.modified_at >= wanted.modified_after)
    if wanted.areas is not None:
        conditions.append(services.c.served_areas.overlap(list(wanted.areas)))
    if wanted.near is not None:
        conditions.append(_lies_within(wanted.near))
    if words:
        everywhere = (services.c.search, organizations.c.search, locations.c.search)
        conditions += [or_(*(_says(column, word) for column in everywhere)) for word in wanted.words]
    return and_(*conditions)


def _lies_within(circle: Circle) -> ColumnElement[bool]:
    # The haversine of `Circle`; a place without coordinates stands at its district's capital.
    here, there = func.radians(circle.latitude), func.radians(locations.c.latitude)
    half = func.power(func.sin((there - here) / 2), 2) + func.cos(here) * func.cos(there) * func.power(
        func.sin(func.radians(locations.c.longitude - circle.longitude) / 2), 2
    )
    distance = 2 * EARTH_METRES * func.asin(func.sqrt(func.least(half, 1)))
    has_none = or_(locations.c.latitude.is_(None), locations.c.longitude.is_(None))
    return or_(
        and_(has_none, locations.c.ubigeo == func.any(list(circle.districts()))),
        func.coalesce(distance <= circle.metres, False),
    )


def _says(column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
    # Words are [a-z0-9]+ (domain.text), so the prefix query cannot be malformed.
    return func.coalesce(column.op("@@")(func.to_tsquery("simple", f"{word}:*")), False)
