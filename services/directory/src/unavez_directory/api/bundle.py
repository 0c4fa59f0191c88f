"""The import and export format `unavez-directory/1`, for HTTP and for the command line alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from unavez_directory.domain.model import Bundle, Capacity, Location, Organization, Service, ServiceStatus
from unavez_shared.contracts.event_data import Delivery, Tier
from unavez_shared.web.schema import RequestModel

SCHEMA = "unavez-directory/1"

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=4_000)]
Code = Annotated[str, StringConstraints(max_length=32)]
Codes = Annotated[tuple[Code, ...], Field(max_length=60)]
Phone = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Email = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")]
WebAddress = Annotated[str, StringConstraints(max_length=500, pattern=r'^https?://[^\s<>"{}|\\^`]+$')]
Age = Annotated[int, Field(ge=0, le=120)]
Places = Annotated[int, Field(ge=0, le=100_000)]


class OrganizationEntry(RequestModel):
    """One organization."""

    id: UUID
    name: Name
    description: Prose
    alternate_name: Name | None = None
    email: Email | None = None
    website: WebAddress | None = None
    """Its web page."""
    phone: Phone | None = None


class LocationEntry(RequestModel):
    """One place, in one district."""

    id: UUID
    organization_id: UUID
    name: Name
    ubigeo: Annotated[str, StringConstraints(max_length=6)]
    address: Name
    """Street and number."""
    postal_code: Annotated[str, StringConstraints(max_length=12)] | None = None
    """Postal code."""
    description: Prose | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    """Degrees, WGS 84."""
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    """Degrees, WGS 84."""


class CapacityEntry(RequestModel):
    """The first report of a service that has none."""

    unit: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    available: Places
    maximum: Places | None = None


class ServiceEntry(RequestModel):
    """One service. `front_door_organization_id` absent = the organization itself."""

    id: UUID
    organization_id: UUID
    front_door_organization_id: UUID | None = None
    """The organization that answers for it; absent = the organization itself."""
    service_type: Code
    name: Name
    description: Prose
    status: ServiceStatus = ServiceStatus.ACTIVE
    """Only an active service is routed to."""
    tier: Tier
    """How visible its place is."""
    delivery: Delivery
    """How an offer reaches it."""
    served_areas: Annotated[tuple[Code, ...], Field(max_length=2_000)]
    """UBIGEO prefixes of 2, 4 or 6 digits; `PE` = the whole country."""
    location_id: UUID | None = None
    alternate_name: Name | None = None
    remote: bool = False
    """true: it also attends by telephone or video."""
    languages: Codes = ()
    accommodates: Codes = ()
    """Whom it takes, as tags; empty = no restriction stated."""
    minimum_age: Age | None = None
    """Completed years."""
    maximum_age: Age | None = None
    """Completed years."""
    co_located_with: Codes = ()
    phone: Phone | None = None
    phone_verified_on: date | None = None
    schedule: Name | None = None
    """Opening hours in words."""
    application_process: Prose | None = None
    """How one gets in."""
    capacity: CapacityEntry | None = None
    """The first report of its free places."""


class BundleBody(RequestModel):
    """A directory or a part of one."""

    schema_: Literal["unavez-directory/1"] = Field(alias="schema")
    fictional: bool
    """true: invented; a real installation refuses it."""
    organizations: tuple[OrganizationEntry, ...] = ()
    """Organizations, each once."""
    locations: tuple[LocationEntry, ...] = ()
    """Places, each once."""
    services: tuple[ServiceEntry, ...] = ()
    """Services, each once."""

    def to_bundle(self) -> Bundle:
        """Return the domain's bundle."""
        return Bundle(
            fictional=self.fictional,
            organizations=tuple(Organization(**entry.model_dump()) for entry in self.organizations),
            locations=tuple(Location(**entry.model_dump()) for entry in self.locations),
            services=tuple(_service(entry) for entry in self.services),
            capacities=tuple(
                (entry.id, Capacity(**entry.capacity.model_dump())) for entry in self.services if entry.capacity
            ),
        )


def bundle_document(bundle: Bundle) -> dict[str, Any]:
    """Return the bundle as JSON-able data that `BundleBody` reads back."""
    reported = dict(bundle.capacities)
    services = [{**asdict(entry), "capacity": _optional(reported.get(entry.id))} for entry in bundle.services]
    return {
        "schema": SCHEMA,
        "fictional": bundle.fictional,
        "organizations": _present(asdict(entry) for entry in bundle.organizations),
        "locations": _present(asdict(entry) for entry in bundle.locations),
        "services": _present(services),
    }


def _service(entry: ServiceEntry) -> Service:
    values = entry.model_dump(exclude={"capacity"})
    front_door = entry.front_door_organization_id or entry.organization_id
    return Service(**{**values, "front_door_organization_id": front_door})


def _optional(capacity: Capacity | None) -> dict[str, Any] | None:
    return None if capacity is None else asdict(capacity)


def _present(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in entry.items() if value is not None} for entry in entries]
