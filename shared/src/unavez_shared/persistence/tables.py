"""The plumbing tables every service has, defined once: outbox, inbox, parked messages, audit, installation."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

plumbing = MetaData()
"""Created by `migrations.create_plumbing` and what follows it in each service's migrations."""

outbox = Table(
    "outbox",
    plumbing,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_id", Text, nullable=False),
    Column("routing_key", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Column("awaits", ARRAY(Text)),
    Index("ix_outbox_unsent", "id", postgresql_where=text("sent_at IS NULL")),
    Index("ix_outbox_message_id", "message_id"),
)
"""Written in the business transaction; marked when the broker has confirmed, deleted when every hearer has settled it.

`awaits` names the hearers whose receipt is missing (`messaging.awaited`)."""

inbox = Table(
    "inbox",
    plumbing,
    Column("event_id", Uuid, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Index("ix_inbox_received_at", "received_at"),
)
"""One row an event that was applied, parked or discarded here. Kept 30 days."""

parked = Table(
    "parked",
    plumbing,
    Column("event_id", Text, primary_key=True),
    Column("routing_key", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", DateTime(timezone=True)),
    Column("parked_at", DateTime(timezone=True), nullable=False),
    Index("ix_parked_subject", "subject"),
    Index("ix_parked_next_attempt_at", "next_attempt_at"),
)
"""Messages whose handler failed, or that did not open. `next_attempt_at` null = waits for an operator."""

audit = Table(
    "audit",
    plumbing,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("action", String(64), nullable=False),
    Column("actor", Text),
    Column("actor_role", String(32)),
    Column("actor_organization_id", Uuid),
    Column("case_id", Uuid),
    Column("subject_id", Text),
    Column("detail", JSONB, nullable=False),
)
"""Append-only: who did what to which record; codes and ids, never a value of hers."""

audit_seals = Table(
    "audit_seals",
    plumbing,
    Column("number", BigInteger, primary_key=True),
    Column("sealed_at", DateTime(timezone=True), nullable=False),
    Column("row_ids", ARRAY(BigInteger), nullable=False),
    Column("low", BigInteger, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("mac", LargeBinary, nullable=False),
)
"""The chain over `audit`: digest of the rows, previous seal, keyed MAC."""

installation = Table(
    "installation",
    plumbing,
    Column("only", Boolean, primary_key=True),
    Column("demo", Boolean, nullable=False),
    Column("born_at", DateTime(timezone=True), nullable=False),
)
"""One row: whether this database was born demo or real (SAFETY N18)."""
