"""What the directory owns, in HSDS terms: organizations, services, locations, reported capacity. Never a survivor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from unavez_shared.contracts.event_data import Delivery, Tier


class ServiceStatus(StrEnum):
    """HSDS `service.status`. Only an active service is routed to."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    TEMPORARILY_CLOSED = "temporarily closed"


@dataclass(frozen=True, slots=True)
class Organization:
    """Who runs services or answers for them at the front door."""

    id: UUID
    name: str
    description: str
    alternate_name: str | None = None
    email: str | None = None
    website: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """A physical place in one district. Confidential as soon as a confidential service is there."""

    id: UUID
    organization_id: UUID
    name: str
    ubigeo: str
    """6-digit INEI UBIGEO."""
    address: str
    postal_code: str | None = None
    description: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of help by one organization at one place at most: several places are several services."""

    id: UUID
    organization_id: UUID
    front_door_organization_id: UUID
    """Who answers for it outside; the organization itself unless a hidden house has another (SAFETY N1)."""
    service_type: str
    name: str
    description: str
    status: ServiceStatus
    tier: Tier
    delivery: Delivery
    served_areas: tuple[str, ...]
    """UBIGEO prefixes of 2, 4 or 6 digits, or "PE"."""
    location_id: UUID | None = None
    alternate_name: str | None = None
    remote: bool = False
    languages: tuple[str, ...] = ()
    """ISO 639-3."""
    accommodates: tuple[str, ...] = ()
    """Accommodation tags; empty = no restriction stated."""
    minimum_age: int | None = None
    maximum_age: int | None = None
    co_located_with: tuple[str, ...] = ()
    phone: str | None = None
    phone_verified_on: date | None = None
    schedule: str | None = None
    application_process: str | None = None

    @property
    def active(self) -> bool:
        """Whether it may be offered anything."""
        return self.status is ServiceStatus.ACTIVE

    @property
    def confidential(self) -> bool:
        """Whether it is absent from every public answer (SAFETY N1, N3)."""
        return self.tier is not Tier.PUBLIC


@dataclass(frozen=True, slots=True)
class Capacity:
    """Free places in a unit the organization itself names."""

    unit: str
    available: int
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class ReportedCapacity:
    """A capacity and when the agency reported it."""

    capacity: Capacity
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A service with all that is said about it."""

    service: Service
    organization: Organization
    location: Location | None
    capacity: ReportedCapacity | None
    version: int
    entered_at: datetime
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class OrganizationRecord:
    """An organization with what it runs in public."""

    organization: Organization
    services: tuple[ServiceRecord, ...] = ()

    @property
    def locations(self) -> tuple[Location, ...]:
        """The public places: those where one of its public services is."""
        places = {record.location.id: record.location for record in self.services if record.location is not None}
        return tuple(places.values())


@dataclass(frozen=True, slots=True)
class Bundle:
    """What one import brings: entries by id, and whether they are invented (SAFETY N18)."""

    fictional: bool
    organizations: tuple[Organization, ...] = ()
    locations: tuple[Location, ...] = ()
    services: tuple[Service, ...] = ()
    capacities: tuple[tuple[UUID, Capacity], ...] = ()
    """First report of a service that has none yet; what an agency reported is the agency's."""
