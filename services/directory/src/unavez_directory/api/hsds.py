"""From the domain to HSDS 3.1 objects. Absent values are left out: HSDS knows no null."""

from __future__ import annotations

from unavez_directory.api.hsds_parts import (
    Hsds,
    attributes,
    capacities,
    derived,
    location_basic,
    location_full,
    phones,
    present,
    schedules,
)
from unavez_directory.domain.areas import area_name
from unavez_directory.domain.model import Location, Organization, OrganizationRecord, ServiceRecord
from unavez_shared.protocol.vocabulary import LANGUAGES


def organization_basic(organization: Organization) -> Hsds:
    """Return the one-to-one fields."""
    return present(
        id=organization.id,
        name=organization.name,
        alternate_name=organization.alternate_name,
        description=organization.description,
        email=organization.email,
        website=organization.website,
    )


def organization_full(record: OrganizationRecord, *, with_full_services: bool) -> Hsds:
    """Return the organization with its public services and the places where they are."""
    organization = record.organization
    return organization_basic(organization) | {
        "phones": phones(organization.id, organization.phone, "organization_id"),
        "locations": [location_full(place) for place in record.locations],
        "services": [service_full(one) if with_full_services else _service_minimal(one) for one in record.services],
    }


def service_basic(record: ServiceRecord) -> Hsds:
    """Return the one-to-one fields and the organization."""
    service = record.service
    return present(
        id=service.id,
        organization_id=service.organization_id,
        name=service.name,
        alternate_name=service.alternate_name,
        description=service.description,
        status=service.status,
        application_process=service.application_process,
        minimum_age=service.minimum_age,
        maximum_age=service.maximum_age,
        assured_date=service.phone_verified_on.isoformat() if service.phone_verified_on else None,
        last_modified=record.modified_at,
        organization=organization_basic(record.organization),
    )


def service_minimal(record: ServiceRecord) -> Hsds:
    """Return what `minimal=true` asks for, and what the schema of the list demands of every service."""
    return _service_minimal(record) | {"last_modified": record.modified_at}


def service_full(record: ServiceRecord) -> Hsds:
    """Return everything public about a service."""
    found = _service_details(record)
    if record.location is not None:
        found["service_at_locations"] = [_link(record) | {"location": location_full(record.location)}]
    return found


def service_at_location_basic(record: ServiceRecord) -> Hsds:
    """Return the link with the one-to-one fields of both ends. The record must have a location."""
    return _link(record) | {"location": location_basic(_place(record)), "service": service_basic(record)}


def service_at_location_full(record: ServiceRecord) -> Hsds:
    """Return the link with both ends in full. The record must have a location."""
    return _link(record) | {"location": location_full(_place(record)), "service": _service_details(record)}


def _service_minimal(record: ServiceRecord) -> Hsds:
    return {"id": record.service.id, "name": record.service.name, "status": record.service.status}


def _service_details(record: ServiceRecord) -> Hsds:
    service = record.service
    return service_basic(record) | {
        "phones": phones(service.id, service.phone, "service_id"),
        "schedules": schedules(service.id, service.schedule),
        "service_areas": [
            {
                "id": derived(service.id, f"area:{area}"),
                "service_id": service.id,
                "name": area_name(area),
                "extent": area,
                "extent_type": "UBIGEO-INEI",
            }
            for area in service.served_areas
        ],
        "languages": [
            {
                "id": derived(service.id, f"language:{code}"),
                "service_id": service.id,
                "code": code,
                "name": _language(code),
            }
            for code in service.languages
        ],
        "capacities": capacities(service.id, record.capacity),
        "attributes": attributes(record),
    }


def _language(code: str) -> str:
    # An import may name any ISO 639-3 code; what is not in the pack is written as it came.
    return LANGUAGES[code].es if code in LANGUAGES else code


def _link(record: ServiceRecord) -> Hsds:
    # A service has one place at most, so the link has the service's id.
    return {"id": record.service.id, "service_id": record.service.id, "location_id": _place(record).id}


def _place(record: ServiceRecord) -> Location:
    if record.location is None:
        raise LookupError("a service without a place has no service_at_location")
    return record.location
