"""Tell the other services what a service of the directory is now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID

from unavez_directory.adapters.stores import Stores
from unavez_directory.domain.states import event_of, service_state
from unavez_shared.persistence.database import UnitOfWork


async def announce_services(
    ids: Sequence[UUID], work: UnitOfWork, stores: Stores, *, was_active: Collection[UUID]
) -> Counter[str]:
    """Queue one event a service, with its version as sequence; return how many of each event type."""
    counts: Counter[str] = Counter()
    records = await stores.directory.records(work, ids)
    answering = {record.service.front_door_organization_id for record in records.values()}
    front_doors = await stores.directory.stored_organizations(work, answering)
    for service_id in ids:
        record = records[service_id]
        event_type = event_of(was_active=service_id in was_active, is_active=record.service.active)
        state = service_state(record, front_doors[record.service.front_door_organization_id], demo=stores.demo)
        work.emit(event_type, subject=service_id, sequence=record.version, data=state)
        counts[event_type.name] += 1
    return counts
