"""Everything the use-cases write, set by set, inside their transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from unavez_directory.adapters.public_reader import JOINED, PUBLIC, RUNS_PUBLIC
from unavez_directory.adapters.rows import (
    LOCATION_COLUMNS,
    ORGANIZATION_COLUMNS,
    RECORD_COLUMNS,
    SERVICE_COLUMNS,
    location_of,
    location_row,
    organization_of,
    organization_row,
    record_of,
    service_of,
    service_row,
)
from unavez_directory.adapters.tables import capacities, locations, organizations, services, to_publish
from unavez_directory.domain.model import Capacity, Location, Organization, ReportedCapacity, Service, ServiceRecord
from unavez_shared.persistence.database import UnitOfWork

_IMPORT_LOCK = 0x756E6176647231
"""Advisory lock of imports; any constant of this database."""


class DirectoryStore:
    """Reads and writes everything, inside the caller's transaction."""

    async def lock(self, work: UnitOfWork) -> None:
        """One import at a time."""
        await work.execute(select(func.pg_advisory_xact_lock(_IMPORT_LOCK)))

    async def is_empty(self, work: UnitOfWork) -> bool:
        """Tell whether nothing was ever imported."""
        return (await work.execute(select(organizations.c.id).limit(1))).first() is None

    async def stored_organizations(self, work: UnitOfWork, ids: Collection[UUID]) -> Mapping[UUID, Organization]:
        """Return those of the ids that are stored."""
        query = select(*ORGANIZATION_COLUMNS).where(organizations.c.id == func.any(list(ids)))
        return {row.id: organization_of(row) for row in await work.execute(query)}

    async def stored_locations(self, work: UnitOfWork, ids: Collection[UUID]) -> Mapping[UUID, Location]:
        """Return those of the ids that are stored."""
        query = select(*LOCATION_COLUMNS).where(locations.c.id == func.any(list(ids)))
        return {row.id: location_of(row) for row in await work.execute(query)}

    async def records(
        self, work: UnitOfWork, ids: Collection[UUID], *, lock: bool = False
    ) -> dict[UUID, ServiceRecord]:
        """Return services of any tier by id, locked against other writers when asked."""
        query = select(*RECORD_COLUMNS).select_from(JOINED).where(services.c.id == func.any(list(ids)))
        if lock:
            query = query.order_by(services.c.id).with_for_update(of=services)
        return {record.service.id: record for record in map(record_of, await work.execute(query))}

    async def services_at(self, work: UnitOfWork, location_ids: Collection[UUID]) -> Sequence[UUID]:
        """Return the ids of services at these places."""
        query = select(services.c.id).where(services.c.location_id == func.any(list(location_ids)))
        return list((await work.execute(query)).scalars())

    async def services_of(self, work: UnitOfWork, organization_ids: Collection[UUID]) -> Sequence[UUID]:
        """Return the ids of services these organizations run, or are the front door of."""
        among = func.any(list(organization_ids))
        either = or_(services.c.organization_id == among, services.c.front_door_organization_id == among)
        return list((await work.execute(select(services.c.id).where(either))).scalars())

    async def take_to_publish(self, work: UnitOfWork, limit: int) -> Sequence[UUID]:
        """Take services out of the queue of those to publish again; return them by id."""
        first = select(to_publish.c.service_id).order_by(to_publish.c.service_id).limit(limit)
        taken = delete(to_publish).where(to_publish.c.service_id.in_(first)).returning(to_publish.c.service_id)
        return sorted(UUID(int=each.int) for each in (await work.execute(taken)).scalars())

    async def shared_confidential_places(self, work: UnitOfWork) -> frozenset[UUID]:
        """Return places that hold a confidential and a public service: an import must not leave one."""
        other = services.alias("other")
        query = (
            select(services.c.location_id)
            .where(PUBLIC, exists().where(other.c.location_id == services.c.location_id, other.c.tier != "public"))
            .distinct()
        )
        return frozenset((await work.execute(query)).scalars())

    async def write_organizations(
        self, work: UnitOfWork, *, created: Sequence[Organization], changed: Sequence[Organization], at: datetime
    ) -> None:
        """Insert and update."""
        await _insert(work, organizations, [organization_row(entry, at) for entry in created])
        await _update(work, organizations, [organization_row(entry, at) for entry in changed])

    async def write_locations(
        self, work: UnitOfWork, *, created: Sequence[Location], changed: Sequence[Location], at: datetime
    ) -> None:
        """Insert and update."""
        await _insert(work, locations, [location_row(entry, at) for entry in created])
        await _update(work, locations, [location_row(entry, at) for entry in changed])

    async def write_services(
        self, work: UnitOfWork, *, created: Sequence[Service], changed: Sequence[Service], at: datetime
    ) -> None:
        """Insert with version 1; update with the next version."""
        born = {"version": 1, "entered_at": at}
        await _insert(work, services, [{**service_row(entry, at), **born} for entry in created])
        await _update(work, services, [service_row(entry, at) for entry in changed], version=services.c.version + 1)

    async def next_versions(self, work: UnitOfWork, ids: Collection[UUID], *, at: datetime | None) -> None:
        """Count a change that is not in the service's own row; `at` set = it counts as modified, too."""
        modified = {} if at is None else {"modified_at": at}
        statement = update(services).where(services.c.id == func.any(list(ids)))
        await work.execute(statement.values(version=services.c.version + 1, **modified))

    async def write_capacities(
        self, work: UnitOfWork, reports: Sequence[tuple[UUID, Capacity]], *, at: datetime, overwrite: bool
    ) -> None:
        """Write reported capacities; without `overwrite` only where none was reported yet."""
        if not reports:
            return
        statement = upsert(capacities)
        if overwrite:
            written = {name: statement.excluded[name] for name in ("unit", "available", "maximum", "reported_at")}
            statement = statement.on_conflict_do_update(index_elements=["service_id"], set_=written)
        else:
            statement = statement.on_conflict_do_nothing(index_elements=["service_id"])
        await work.execute(
            statement,
            [
                {
                    "service_id": service_id,
                    "unit": capacity.unit,
                    "available": capacity.available,
                    "maximum": capacity.maximum,
                    "reported_at": at,
                }
                for service_id, capacity in reports
            ],
        )

    async def public_bundle(
        self, work: UnitOfWork
    ) -> tuple[Sequence[Organization], Sequence[Location], Sequence[Service], Mapping[UUID, ReportedCapacity]]:
        """Return everything public, for an export."""
        is_used = exists().where(services.c.location_id == locations.c.id, PUBLIC)
        found = await work.execute(select(*ORGANIZATION_COLUMNS).where(RUNS_PUBLIC).order_by(organizations.c.id))
        places = await work.execute(select(*LOCATION_COLUMNS).where(is_used).order_by(locations.c.id))
        offered = await work.execute(select(*SERVICE_COLUMNS).where(PUBLIC).order_by(services.c.id))
        reported = await work.execute(
            select(capacities).join(services, services.c.id == capacities.c.service_id).where(PUBLIC)
        )
        return (
            [organization_of(row) for row in found],
            [location_of(row) for row in places],
            [service_of(row) for row in offered],
            {
                row.service_id: ReportedCapacity(Capacity(row.unit, row.available, row.maximum), row.reported_at)
                for row in reported
            },
        )


async def _insert(work: UnitOfWork, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await work.execute(insert(table), rows)


async def _update(work: UnitOfWork, table: Table, rows: Sequence[dict[str, Any]], **computed: Any) -> None:
    if not rows:
        return
    columns: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "id"}
    statement = update(table).where(table.c.id == bindparam("key")).values(**columns, **computed)
    keyed = [{"key": row["id"], **{name: value for name, value in row.items() if name != "id"}} for row in rows]
    await work.connection.execute(statement, keyed)
