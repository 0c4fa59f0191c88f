"""The notifier's own tables. No table holds anything about a survivor."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    false,
)
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData()

feeds = Table(
    "feeds",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("audience", String(64), primary_key=True),
    Column("last_position", BigInteger, nullable=False),
    Column("read_position", BigInteger, nullable=False, server_default="0"),
    Column("last_read_at", DateTime(timezone=True)),
    CheckConstraint("audience IN ('agency', 'team') OR audience LIKE 'person:%'", name="ck_feeds_audience"),
)
"""One row a feed: an agency's, that of an organization's coordinators (`team`), or one person's under a keyed digest.

Whoever appends, subscribes or verifies locks it first: positions are gapless, nothing is missed."""

feed_events = Table(
    "feed_events",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("audience", String(64), primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("urgency", SmallInteger, nullable=False),
    Column("service_type", Text),
    Column("district", Text),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
"""The event as it goes out, serialised once; the columns beside the body are for filters and order."""

told = Table(
    "told",
    metadata,
    Column("aggregate", String(16), primary_key=True),
    Column("subject", Uuid, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("signed", Boolean, nullable=False, server_default=false()),
    Column("closed", Boolean, nullable=False, server_default=false()),
)
"""The newest version of each referral, plan, task, need and milestone that was told: older ones are dropped.

`signed`: its producer signs every step of this referral; `closed`: a step ended it, and only another end may follow
(SAFETY N6)."""

services = Table(
    "services",
    metadata,
    Column("service_id", Uuid, primary_key=True),
    Column("organization_id", Uuid, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    Index("ix_services_organization_id", "organization_id"),
)
"""Which organizations run a hidden service (SAFETY N4). No name, no place."""

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscription_id", Uuid, primary_key=True),
    Column("organization_id", Uuid, nullable=False),
    Column("audience", String(8), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("event_types", ARRAY(Text)),
    Column("service_types", ARRAY(Text)),
    Column("districts", ARRAY(Text)),
    Column("status", String(16), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("start_position", BigInteger, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("previous_secret", LargeBinary),
    Column("previous_secret_until", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("verified_at", DateTime(timezone=True)),
    Column("handshake_attempts", Integer, nullable=False),
    Column("handshake_since", DateTime(timezone=True), nullable=False),
    Column("next_handshake_at", DateTime(timezone=True)),
    Column("failing_since", DateTime(timezone=True)),
    Column("disabled_at", DateTime(timezone=True)),
    Column("disabled_reason", String(16)),
    Column("ended_at", DateTime(timezone=True)),
    Column("by_frontline", Boolean, nullable=False, server_default=false()),
    CheckConstraint(
        "status IN ('unverified', 'active', 'paused', 'disabled', 'ended')", name="ck_subscriptions_status"
    ),
    Index("ix_subscriptions_feed", "organization_id", "audience"),
    Index("ix_subscriptions_next_handshake_at", "next_handshake_at"),
)
"""Secrets are sealed under a key of the notifier's own; they are needed in clear only to sign.

`by_frontline`: made when a frontline token could; it ends at the next start."""

deliveries = Table(
    "deliveries",
    metadata,
    Column(
        "subscription_id",
        Uuid,
        ForeignKey("subscriptions.subscription_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("position", BigInteger, primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("urgency", SmallInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", DateTime(timezone=True)),
    Column("first_attempt_at", DateTime(timezone=True)),
    Column("last_attempt_at", DateTime(timezone=True)),
    Column("last_status_code", Integer),
    Column("last_error", String(32)),
    Column("settled_at", DateTime(timezone=True)),
    CheckConstraint("status IN ('pending', 'delivered', 'exhausted', 'dropped')", name="ck_deliveries_status"),
)
"""One row an event and subscription. `next_attempt_at` null = held (unverified) or settled; in the future = leased or
waiting for its retry."""

Index(
    "ix_deliveries_due",
    deliveries.c.subscription_id,
    deliveries.c.urgency,
    deliveries.c.next_attempt_at,
    deliveries.c.position,
    postgresql_where=deliveries.c.next_attempt_at.is_not(None),
)
Index(
    "ix_deliveries_order",
    deliveries.c.subscription_id,
    deliveries.c.subject,
    deliveries.c.position,
    postgresql_where=deliveries.c.status == "pending",
)
Index("ix_deliveries_event_id", deliveries.c.event_id)
