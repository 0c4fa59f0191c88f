"""An agency reports the free places of its own service; the router hears it within milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from unavez_directory.adapters.stores import Stores
from unavez_directory.domain.checks import check_capacity
from unavez_directory.domain.model import Capacity, ReportedCapacity, ServiceRecord
from unavez_directory.domain.states import capacity_state
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.errors import InvalidInputError
from unavez_shared.contracts.events import CAPACITY_CHANGED
from unavez_shared.persistence.database import UnitOfWork


@dataclass(frozen=True, slots=True)
class ReportCapacity:
    """The command: for which service, as `own_service` found it."""

    record: ServiceRecord
    capacity: Capacity
    actor: Actor


async def own_service(service_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores) -> ServiceRecord | None:
    """Return a service of the actor's organization, locked; None for any other, existing or not."""
    record = (await stores.directory.records(work, [service_id], lock=True)).get(service_id)
    return record if record is not None and record.service.organization_id == actor.organization_id else None


async def report_capacity(command: ReportCapacity, work: UnitOfWork, stores: Stores) -> ReportedCapacity:
    """Replace the reported capacity and return it with its time.

    Raises InvalidInputError for more free places than places.
    """
    faults = check_capacity(command.capacity)
    if faults:
        raise InvalidInputError(faults)
    record, reported = command.record, ReportedCapacity(command.capacity, work.now())
    service_id = record.service.id
    await stores.directory.write_capacities(
        work, [(service_id, command.capacity)], at=reported.reported_at, overwrite=True
    )
    # Capacity and state share one sequence: whoever keeps the newest of a subject never goes back.
    await stores.directory.next_versions(work, [service_id], at=None)
    work.emit(CAPACITY_CHANGED, subject=service_id, sequence=record.version + 1, data=capacity_state(record, reported))
    work.record("capacity_reported", actor=command.actor, subject_id=service_id)
    return reported
