"""Organizations, locations, services, reported capacity, and the plumbing every service has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.operations import Operations
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

from unavez_shared.persistence.migrations import create_plumbing

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SEARCH = "to_tsvector('simple'::regconfig, search_text)"


def upgrade() -> None:
    create_plumbing(Operations(op.get_context()))
    _create_organizations()
    _create_locations()
    _create_services()
    op.create_table(
        "capacities",
        sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("available", sa.Integer, nullable=False),
        sa.Column("maximum", sa.Integer),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
    )


def _create_organizations() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("alternate_name", sa.Text),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("website", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("search", TSVECTOR, sa.Computed(_SEARCH, persisted=True)),
    )
    op.create_index("ix_organizations_search", "organizations", ["search"], postgresql_using="gin")


def _create_locations() -> None:
    op.create_table(
        "locations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("organization_id", sa.Uuid, sa.ForeignKey("organizations.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("ubigeo", sa.String(6), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("postal_code", sa.Text),
        sa.Column("latitude", sa.Double),
        sa.Column("longitude", sa.Double),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("search", TSVECTOR, sa.Computed(_SEARCH, persisted=True)),
    )
    op.create_index("ix_locations_search", "locations", ["search"], postgresql_using="gin")
    op.create_index("ix_locations_organization_id", "locations", ["organization_id"])


def _create_services() -> None:
    op.create_table(
        "services",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("organization_id", sa.Uuid, sa.ForeignKey("organizations.id"), nullable=False),
        sa.Column("front_door_organization_id", sa.Uuid, sa.ForeignKey("organizations.id"), nullable=False),
        sa.Column("service_type", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("alternate_name", sa.Text),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("tier", sa.String(16), nullable=False),
        sa.Column("delivery", sa.String(16), nullable=False),
        sa.Column("location_id", sa.Uuid, sa.ForeignKey("locations.id")),
        sa.Column("served_areas", ARRAY(sa.Text), nullable=False),
        sa.Column("remote", sa.Boolean, nullable=False),
        sa.Column("languages", ARRAY(sa.Text), nullable=False),
        sa.Column("accommodates", ARRAY(sa.Text), nullable=False),
        sa.Column("minimum_age", sa.SmallInteger),
        sa.Column("maximum_age", sa.SmallInteger),
        sa.Column("co_located_with", ARRAY(sa.Text), nullable=False),
        sa.Column("phone", sa.Text),
        sa.Column("phone_verified_on", sa.Date),
        sa.Column("schedule", sa.Text),
        sa.Column("application_process", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("search", TSVECTOR, sa.Computed(_SEARCH, persisted=True)),
    )
    op.create_index("ix_services_search", "services", ["search"], postgresql_using="gin")
    op.create_index("ix_services_served_areas", "services", ["served_areas"], postgresql_using="gin")
    for column in ("organization_id", "front_door_organization_id", "location_id", "service_type", "modified_at"):
        op.create_index(f"ix_services_{column}", "services", [column])
