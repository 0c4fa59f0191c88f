"""What the directory tells the other services about one service, and under which name."""

from __future__ import annotations

from unavez_directory.domain.model import Organization, ReportedCapacity, ServiceRecord
from unavez_shared.contracts.event_data import CapacityState, ServiceState
from unavez_shared.contracts.events import SERVICE_CHANGED, SERVICE_PUBLISHED, SERVICE_SUSPENDED, EventType


def event_of(*, was_active: bool, is_active: bool) -> EventType[ServiceState]:
    """Return published when it opens, suspended when it closes or was never open, changed in between."""
    if not is_active:
        return SERVICE_SUSPENDED
    return SERVICE_CHANGED if was_active else SERVICE_PUBLISHED


def service_state(record: ServiceRecord, front_door: Organization, *, demo: bool) -> ServiceState:
    """Return the whole state of a service, hidden ones included: the bus is sealed (SAFETY N5)."""
    service, reported = record.service, record.capacity
    return ServiceState(
        service_id=service.id,
        organization_id=service.organization_id,
        front_door_organization_id=front_door.id,
        organization_name=record.organization.name,
        front_door_name=front_door.name,
        front_door_phone=front_door.phone,
        front_door_email=front_door.email,
        service_type=service.service_type,
        name=service.name,
        active=service.active,
        tier=service.tier,
        delivery=service.delivery,
        location_district=record.location.ubigeo if record.location else None,
        served_areas=list(service.served_areas),
        remote=service.remote,
        languages=list(service.languages),
        accommodates=list(service.accommodates),
        minimum_age=service.minimum_age,
        maximum_age=service.maximum_age,
        co_located_with=list(service.co_located_with),
        phone=service.phone,
        phone_verified_on=service.phone_verified_on.isoformat() if service.phone_verified_on else None,
        available=reported.capacity.available if reported else None,
        capacity_reported_at=reported.reported_at if reported else None,
        entered_at=record.entered_at,
        demo=demo,
    )


def capacity_state(record: ServiceRecord, reported: ReportedCapacity) -> CapacityState:
    """Return what an agency just reported."""
    return CapacityState(
        service_id=record.service.id,
        unit=reported.capacity.unit,
        available=reported.capacity.available,
        maximum=reported.capacity.maximum,
        reported_at=reported.reported_at,
    )
