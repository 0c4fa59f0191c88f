"""Between database rows and the domain: one place knows the columns of each entity."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Table

from unavez_directory.adapters.tables import capacities, locations, organizations, services
from unavez_directory.domain.areas import area_name
from unavez_directory.domain.model import (
    Capacity,
    Location,
    Organization,
    ReportedCapacity,
    Service,
    ServiceRecord,
    ServiceStatus,
)
from unavez_directory.domain.taxonomies import service_type_term
from unavez_directory.domain.text import normalise
from unavez_shared.contracts.event_data import Delivery, Tier

_ENTITIES: tuple[tuple[str, Table, type[Any]], ...] = (
    ("o", organizations, Organization),
    ("l", locations, Location),
    ("s", services, Service),
)

ORGANIZATION_COLUMNS = tuple(organizations.c[field.name] for field in fields(Organization))
LOCATION_COLUMNS = tuple(locations.c[field.name] for field in fields(Location))
SERVICE_COLUMNS = tuple(services.c[field.name] for field in fields(Service))


def _labelled() -> list[ColumnElement[Any]]:
    columns: list[ColumnElement[Any]] = [
        table.c[field.name].label(f"{prefix}_{field.name}")
        for prefix, table, entity in _ENTITIES
        for field in fields(entity)
    ]
    columns += [services.c[name] for name in ("version", "entered_at", "modified_at")]
    return columns + [capacities.c[name] for name in ("unit", "available", "maximum", "reported_at")]


RECORD_COLUMNS = _labelled()
"""Columns of one `ServiceRecord`, prefixed by entity, from services ⋈ organizations ⟕ locations ⟕ capacities."""


def organization_of(row: Row[Any]) -> Organization:
    """Build an organization from `ORGANIZATION_COLUMNS`."""
    return Organization(**_values(row))


def location_of(row: Row[Any]) -> Location:
    """Build a location from `LOCATION_COLUMNS`."""
    return Location(**_values(row))


def service_of(row: Row[Any]) -> Service:
    """Build a service from `SERVICE_COLUMNS`."""
    return _service(_values(row))


def record_of(row: Row[Any]) -> ServiceRecord:
    """Build a record from `RECORD_COLUMNS`."""
    values = _values(row)
    parts = {
        prefix: {field.name: values[f"{prefix}_{field.name}"] for field in fields(entity)}
        for prefix, _, entity in _ENTITIES
    }
    return ServiceRecord(
        service=_service(parts["s"]),
        organization=Organization(**parts["o"]),
        location=Location(**parts["l"]) if parts["l"]["id"] is not None else None,
        capacity=(
            ReportedCapacity(Capacity(row.unit, row.available, row.maximum), row.reported_at)
            if row.reported_at is not None
            else None
        ),
        version=row.version,
        entered_at=row.entered_at,
        modified_at=row.modified_at,
    )


def _values(row: Row[Any]) -> dict[str, Any]:
    # asyncpg answers a UUID class of its own, which JSON writers do not know.
    mapping = row._mapping  # noqa: SLF001  (SQLAlchemy's public name)
    return {name: UUID(int=value.int) if isinstance(value, UUID) else value for name, value in mapping.items()}


def _service(values: dict[str, Any]) -> Service:
    lists = ("served_areas", "languages", "accommodates", "co_located_with")
    return Service(
        **{
            **values,
            **{name: tuple(values[name]) for name in lists},
            "status": ServiceStatus(values["status"]),
            "tier": Tier(values["tier"]),
            "delivery": Delivery(values["delivery"]),
        }
    )


def organization_row(entry: Organization, at: datetime) -> dict[str, Any]:
    """Return the columns to write."""
    words = normalise(entry.name, entry.alternate_name, entry.description)
    return {**asdict(entry), "modified_at": at, "search_text": words}


def location_row(entry: Location, at: datetime) -> dict[str, Any]:
    """Return the columns to write; a place is also found by its district, province and department."""
    around = (area_name(entry.ubigeo[:length]) for length in (6, 4, 2))
    words = normalise(entry.name, entry.description, entry.address, *around)
    return {**asdict(entry), "modified_at": at, "search_text": words}


def service_row(entry: Service, at: datetime) -> dict[str, Any]:
    """Return the columns to write; a service is also found by the names of its type, in both languages."""
    term = service_type_term(entry.service_type)
    words = normalise(entry.name, entry.alternate_name, entry.description, term.code, term.description)
    lists = {name: list(value) for name, value in asdict(entry).items() if isinstance(value, tuple)}
    return {**asdict(entry), **lists, "modified_at": at, "search_text": words}
