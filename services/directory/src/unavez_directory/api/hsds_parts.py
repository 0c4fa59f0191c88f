"""The parts HSDS objects are made of: places, terms, attributes, capacities, telephones."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from unavez_directory.domain.model import Location, ReportedCapacity, ServiceRecord
from unavez_directory.domain.taxonomies import NAMESPACE, Taxonomy, Term, accommodation_term, service_type_term
from unavez_shared.protocol import places

Hsds = dict[str, Any]


def location_full(location: Location) -> Hsds:
    """Return a place with its address; the UBIGEO is its external identifier."""
    address = {
        "id": derived(location.id, "address"),
        "location_id": location.id,
        "address_1": location.address,
        "city": places.district_name(location.ubigeo),
        "region": places.province_name(location.ubigeo),
        "state_province": places.department_name(location.ubigeo),
        "postal_code": location.postal_code or "",
        "country": "PE",
        "address_type": "physical",
    }
    return location_basic(location) | {"addresses": [address]}


def taxonomy(entry: Taxonomy) -> Hsds:
    """Return a taxonomy."""
    return {"id": entry.id, "name": entry.name, "description": entry.description, "version": entry.version}


def taxonomy_term(entry: Term) -> Hsds:
    """Return a term with its taxonomy."""
    return {
        "id": entry.id,
        "code": entry.code,
        "name": entry.name,
        "description": entry.description,
        "taxonomy": entry.taxonomy.name,
        "taxonomy_id": entry.taxonomy.id,
        "taxonomy_detail": taxonomy(entry.taxonomy),
        "language": "es",
    }


def attributes(record: ServiceRecord) -> list[Hsds]:
    """Return the service's terms, and what HSDS has no field for as labelled attributes."""
    service = record.service
    classified = [service_type_term(service.service_type), *map(accommodation_term, service.accommodates)]
    linked: list[Hsds] = [
        {
            "id": derived(service.id, f"term:{term.code}"),
            "link_id": service.id,
            "link_entity": "service",
            "taxonomy_term_id": term.id,
            "taxonomy_term": taxonomy_term(term),
            "label": term.taxonomy.name,
            "value": term.code,
        }
        for term in classified
    ]
    extensions = [("delivery", service.delivery.value), ("remote", str(service.remote).lower())]
    extensions += [("co_located_with", code) for code in service.co_located_with]
    linked += [
        {
            "id": derived(service.id, f"{label}:{value}"),
            "link_id": service.id,
            "link_entity": "service",
            "label": label,
            "value": value,
        }
        for label, value in extensions
    ]
    return linked


def capacities(service_id: UUID, reported: ReportedCapacity | None) -> list[Hsds]:
    """Return what was reported, if anything was."""
    if reported is None:
        return []
    unit = reported.capacity.unit
    return [
        present(
            id=derived(service_id, "capacity"),
            service_id=service_id,
            unit={"id": uuid5(NAMESPACE, f"unit:{unit}"), "name": unit},
            available=reported.capacity.available,
            maximum=reported.capacity.maximum,
            updated=reported.reported_at,
        )
    ]


def phones(owner_id: UUID, number: str | None, link: str) -> list[Hsds]:
    """Return the number, if there is one, linked to its owner by the field `link`."""
    return [] if number is None else [{"id": derived(owner_id, "phone"), link: owner_id, "number": number}]


def schedules(service_id: UUID, text: str | None) -> list[Hsds]:
    """Return the opening hours as they are told."""
    if text is None:
        return []
    return [{"id": derived(service_id, "schedule"), "service_id": service_id, "description": text}]


def location_basic(location: Location) -> Hsds:
    """Return the one-to-one fields; the UBIGEO is the external identifier."""
    return present(
        id=location.id,
        organization_id=location.organization_id,
        location_type="physical",
        name=location.name,
        description=location.description,
        latitude=location.latitude,
        longitude=location.longitude,
        external_identifier=location.ubigeo,
        external_identifier_type="UBIGEO-INEI",
    )


def derived(owner_id: UUID, what: str) -> UUID:
    """Return the id of something that has none of its own: the same for the same owner."""
    return uuid5(owner_id, what)


def present(**values: Any) -> Hsds:
    """Return the values without the absent ones."""
    return {name: value for name, value in values.items() if value is not None}
