"""Feeds and their events, services that hide, subscriptions, deliveries, and the plumbing every service has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.operations import Operations
from sqlalchemy.dialects.postgresql import ARRAY

from unavez_shared.persistence.migrations import create_plumbing

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_plumbing(Operations(op.get_context()))
    _create_feeds()
    _create_subscriptions()
    _create_deliveries()


def _create_feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("organization_id", sa.Uuid, primary_key=True),
        sa.Column("audience", sa.String(8), primary_key=True),
        sa.Column("last_position", sa.BigInteger, nullable=False),
        sa.Column("read_position", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("last_read_at", _TIME),
        sa.CheckConstraint("audience IN ('agency', 'team')", name="ck_feeds_audience"),
    )
    op.create_table(
        "feed_events",
        sa.Column("organization_id", sa.Uuid, primary_key=True),
        sa.Column("audience", sa.String(8), primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("urgency", sa.SmallInteger, nullable=False),
        sa.Column("service_type", sa.Text),
        sa.Column("district", sa.Text),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
    )
    op.create_table(
        "told",
        sa.Column("aggregate", sa.String(16), primary_key=True),
        sa.Column("subject", sa.Uuid, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "services",
        sa.Column("service_id", sa.Uuid, primary_key=True),
        sa.Column("organization_id", sa.Uuid, nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_services_organization_id", "services", ["organization_id"])


def _create_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("subscription_id", sa.Uuid, primary_key=True),
        sa.Column("organization_id", sa.Uuid, nullable=False),
        sa.Column("audience", sa.String(8), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("event_types", ARRAY(sa.Text)),
        sa.Column("service_types", ARRAY(sa.Text)),
        sa.Column("districts", ARRAY(sa.Text)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("start_position", sa.BigInteger, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("previous_secret", sa.LargeBinary),
        sa.Column("previous_secret_until", _TIME),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("verified_at", _TIME),
        sa.Column("handshake_attempts", sa.Integer, nullable=False),
        sa.Column("handshake_since", _TIME, nullable=False),
        sa.Column("next_handshake_at", _TIME),
        sa.Column("failing_since", _TIME),
        sa.Column("disabled_at", _TIME),
        sa.Column("disabled_reason", sa.String(16)),
        sa.CheckConstraint("status IN ('unverified', 'active', 'disabled')", name="ck_subscriptions_status"),
    )
    op.create_index("ix_subscriptions_feed", "subscriptions", ["organization_id", "audience"])
    op.create_index("ix_subscriptions_next_handshake_at", "subscriptions", ["next_handshake_at"])


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column(
            "subscription_id",
            sa.Uuid,
            sa.ForeignKey("subscriptions.subscription_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("urgency", sa.SmallInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", _TIME),
        sa.Column("first_attempt_at", _TIME),
        sa.Column("last_attempt_at", _TIME),
        sa.Column("last_status_code", sa.Integer),
        sa.Column("last_error", sa.String(32)),
        sa.Column("settled_at", _TIME),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'exhausted', 'dropped')", name="ck_deliveries_status"),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["subscription_id", "urgency", "next_attempt_at", "position"],
        postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
    )
    op.create_index(
        "ix_deliveries_order",
        "deliveries",
        ["subscription_id", "subject", "position"],
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index("ix_deliveries_event_id", "deliveries", ["event_id"])
