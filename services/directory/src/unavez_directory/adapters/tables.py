"""The directory's own tables. `search` columns are kept by PostgreSQL from the normalised `search_text`."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

metadata = MetaData()

_SEARCH = "to_tsvector('simple'::regconfig, search_text)"

organizations = Table(
    "organizations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("alternate_name", Text),
    Column("description", Text, nullable=False),
    Column("email", Text),
    Column("website", Text),
    Column("phone", Text),
    Column("modified_at", DateTime(timezone=True), nullable=False),
    Column("search_text", Text, nullable=False),
    Column("search", TSVECTOR, Computed(_SEARCH, persisted=True)),
    Index("ix_organizations_search", "search", postgresql_using="gin"),
)

locations = Table(
    "locations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, ForeignKey("organizations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("ubigeo", String(6), nullable=False),
    Column("address", Text, nullable=False),
    Column("postal_code", Text),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("modified_at", DateTime(timezone=True), nullable=False),
    Column("search_text", Text, nullable=False),
    Column("search", TSVECTOR, Computed(_SEARCH, persisted=True)),
    Index("ix_locations_search", "search", postgresql_using="gin"),
    Index("ix_locations_organization_id", "organization_id"),
)

services = Table(
    "services",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, ForeignKey("organizations.id"), nullable=False),
    Column("front_door_organization_id", Uuid, ForeignKey("organizations.id"), nullable=False),
    Column("service_type", String(32), nullable=False),
    Column("name", Text, nullable=False),
    Column("alternate_name", Text),
    Column("description", Text, nullable=False),
    Column("status", String(32), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("delivery", String(16), nullable=False),
    Column("location_id", Uuid, ForeignKey("locations.id")),
    Column("served_areas", ARRAY(Text), nullable=False),
    Column("remote", Boolean, nullable=False),
    Column("languages", ARRAY(Text), nullable=False),
    Column("accommodates", ARRAY(Text), nullable=False),
    Column("minimum_age", SmallInteger),
    Column("maximum_age", SmallInteger),
    Column("co_located_with", ARRAY(Text), nullable=False),
    Column("phone", Text),
    Column("phone_verified_on", Date),
    Column("schedule", Text),
    Column("application_process", Text),
    Column("version", Integer, nullable=False),
    Column("entered_at", DateTime(timezone=True), nullable=False),
    Column("modified_at", DateTime(timezone=True), nullable=False),
    Column("search_text", Text, nullable=False),
    Column("search", TSVECTOR, Computed(_SEARCH, persisted=True)),
    Index("ix_services_search", "search", postgresql_using="gin"),
    Index("ix_services_served_areas", "served_areas", postgresql_using="gin"),
    Index("ix_services_organization_id", "organization_id"),
    Index("ix_services_front_door_organization_id", "front_door_organization_id"),
    Index("ix_services_location_id", "location_id"),
    Index("ix_services_service_type", "service_type"),
    Index("ix_services_modified_at", "modified_at"),
)
"""`version` counts every change and every capacity report: it is the sequence of the service's events."""

capacities = Table(
    "capacities",
    metadata,
    Column("service_id", Uuid, ForeignKey("services.id"), primary_key=True),
    Column("unit", Text, nullable=False),
    Column("available", Integer, nullable=False),
    Column("maximum", Integer),
    Column("reported_at", DateTime(timezone=True), nullable=False),
)
"""What the organization itself reported last."""

to_publish = Table("to_publish", metadata, Column("service_id", Uuid, ForeignKey("services.id"), primary_key=True))
"""Services an upgrade has still to publish again: a migration fills it, `use_cases.publish_again` empties it."""
