"""What the public may see, and the one predicate that says so (SAFETY N1, N3)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_directory.adapters.rows import ORGANIZATION_COLUMNS, RECORD_COLUMNS, organization_of, record_of
from unavez_directory.adapters.tables import capacities, locations, organizations, services
from unavez_directory.domain.distances import EARTH_METRES, Circle
from unavez_directory.domain.model import OrganizationRecord, ServiceRecord
from unavez_directory.domain.queries import Page, Paging, ServiceFilter
from unavez_shared.contracts.events import Tier

PUBLIC = services.c.tier == Tier.PUBLIC.value
"""Everything the public reads goes through this; nothing else decides what is confidential."""

JOINED: FromClause = (
    services.join(organizations, services.c.organization_id == organizations.c.id)
    .outerjoin(locations, services.c.location_id == locations.c.id)
    .outerjoin(capacities, capacities.c.service_id == services.c.id)
)

RUNS_PUBLIC = exists().where(services.c.organization_id == organizations.c.id, PUBLIC)
"""A public organization: it runs a public service. Who is a front door only is in no public answer."""


class SqlPublicReader:
    """The `PublicReader` port on PostgreSQL. Each call is one snapshot: count and page agree."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def services(self, wanted: ServiceFilter, paging: Paging) -> Page[ServiceRecord]:
        """Return public services by name."""
        return await self._records(_meets(wanted), paging)

    async def service_at_locations(self, wanted: ServiceFilter, paging: Paging) -> Page[ServiceRecord]:
        """Return public services that have a place."""
        return await self._records(and_(_meets(wanted), services.c.location_id.is_not(None)), paging)

    async def service(self, service_id: UUID) -> ServiceRecord | None:
        """Return one public service."""
        found = await self._records(and_(PUBLIC, services.c.id == service_id), Paging(size=None))
        return found.contents[0] if found.contents else None

    async def organizations(
        self, wanted: ServiceFilter, paging: Paging, *, with_services: bool
    ) -> Page[OrganizationRecord]:
        """Return organizations with a public service that meets the filter."""
        runs_one = exists().where(services.c.organization_id == organizations.c.id, _meets(wanted, words=False))
        condition = and_(runs_one, *(_says(organizations.c.search, word) for word in wanted.words))
        query = select(*ORGANIZATION_COLUMNS).where(condition)
        order = (organizations.c.name, organizations.c.id)
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            counted = await connection.scalar(select(func.count()).select_from(organizations).where(condition))
            rows = (await connection.execute(_paged(query.order_by(*order), paging))).all()
        found = [organization_of(row) for row in rows]
        runs = await self._services_of([organization.id for organization in found]) if with_services else {}
        contents = [OrganizationRecord(one, tuple(runs.get(one.id, ()))) for one in found]
        return Page(contents, counted or 0, paging)

    async def organization(self, organization_id: UUID) -> OrganizationRecord | None:
        """Return one public organization with its public services."""
        query = select(*ORGANIZATION_COLUMNS).where(organizations.c.id == organization_id, RUNS_PUBLIC)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        runs = await self._services_of([organization_id])
        return OrganizationRecord(organization_of(row), tuple(runs.get(organization_id, ())))

    async def _records(self, condition: ColumnElement[bool], paging: Paging) -> Page[ServiceRecord]:
        query = select(*RECORD_COLUMNS).select_from(JOINED).where(condition)
        count = select(func.count()).select_from(JOINED).where(condition)
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            counted = await connection.scalar(count)
            rows = await connection.execute(_paged(query.order_by(services.c.name, services.c.id), paging))
            return Page([record_of(row) for row in rows], counted or 0, paging)

    async def _services_of(self, organization_ids: Collection[UUID]) -> dict[UUID, list[ServiceRecord]]:
        found = await self._records(
            and_(PUBLIC, services.c.organization_id == func.any(list(organization_ids))), Paging(size=None)
        )
        by_organization: dict[UUID, list[ServiceRecord]] = {}
        for record in found.contents:
            by_organization.setdefault(record.organization.id, []).append(record)
        return by_organization


def _paged(query: Select[Any], paging: Paging) -> Select[Any]:
    return query if paging.size is None else query.limit(paging.size).offset(paging.offset)


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
    if wanted.organization_id is not None:
        conditions.append(services.c.organization_id == wanted.organization_id)
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
