"""An agency reports the free places of its own service; the router hears it within milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from unavez_directory.domain.checks import check_capacity
from unavez_directory.domain.model import Capacity, ReportedCapacity, ServiceRecord
from unavez_directory.domain.states import capacity_state
from unavez_directory.use_cases.ports import DirectoryStore
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.errors import InvalidInputError, NotYoursError
from unavez_shared.contracts.events import CAPACITY_CHANGED
from unavez_shared.persistence.database import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class ReportCapacity:
    """The command."""

    service_id: UUID
    capacity: Capacity
    actor: Actor


async def report_capacity(command: ReportCapacity, database: Database, store: DirectoryStore) -> ReportedCapacity:
    """Replace the reported capacity and return it with its time.

    Raises NotYoursError for a service of another organization, InvalidInputError for more free places than places.
    """
    faults = check_capacity(command.capacity)
    if faults:
        raise InvalidInputError(faults)
    async with database.transaction() as work:
        record = await _own_record(command.service_id, command.actor, work, store, lock=True)
        reported = ReportedCapacity(command.capacity, database.clock.now())
        reports = [(command.service_id, command.capacity)]
        await store.write_capacities(work, reports, at=reported.reported_at, overwrite=True)
        # Capacity and state share one sequence: whoever keeps the newest of a subject never goes back.
        await store.next_versions(work, [command.service_id], at=None)
        work.emit(
            CAPACITY_CHANGED,
            subject=command.service_id,
            sequence=record.version + 1,
            data=capacity_state(record, reported),
        )
        work.record("capacity_reported", actor=command.actor, subject_id=command.service_id)
    return reported


async def require_own_service(service_id: UUID, actor: Actor, database: Database, store: DirectoryStore) -> None:
    """Return when the service is the actor's organization's. Raises NotYoursError, existing or not."""
    async with database.transaction() as work:
        await _own_record(service_id, actor, work, store, lock=False)


async def _own_record(
    service_id: UUID, actor: Actor, work: UnitOfWork, store: DirectoryStore, *, lock: bool
) -> ServiceRecord:
    record = (await store.records(work, [service_id], lock=lock)).get(service_id)
    if record is None or record.service.organization_id != actor.organization_id:
        raise NotYoursError
    return record
