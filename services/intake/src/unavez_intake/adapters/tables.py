"""Intake's own tables. Clear columns are ids, times and states that are asked for; whatever is hers is sealed.

`sealed` columns are AES-256-GCM under the case's data key (`privacy.fields`); digests are keyed.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
)

metadata = MetaData()

intakes = Table(
    "intakes",
    metadata,
    Column("intake_id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False, unique=True),
    Column("organization_id", Uuid, nullable=False),
    Column("client_record_digest", LargeBinary, nullable=False),
    Column("body_digest", LargeBinary, nullable=False),
    Column("code_digest", LargeBinary, nullable=False, unique=True),
    Column("status", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("organization_id", "client_record_digest", name="uq_intakes_client_record"),
    CheckConstraint("status IN ('draft', 'paused', 'complete')", name="ck_intakes_status"),
)
"""One row an intake. `sealed` holds the case code, whether a third party reported and its receipt; the account is in a
revision."""

intake_revisions = Table(
    "intake_revisions",
    metadata,
    Column("intake_id", Uuid, ForeignKey("intakes.intake_id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("author", Text, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""The account as it stood at each version: never overwritten."""

intake_team = Table(
    "intake_team",
    metadata,
    Column("intake_id", Uuid, ForeignKey("intakes.intake_id"), primary_key=True),
    Column("organization_id", Uuid, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("joined_at", DateTime(timezone=True), nullable=False),
)
"""Who may read the intake: persons, not the organization (SAFETY N10). A third-party report has nobody."""

consents = Table(
    "consents",
    metadata,
    Column("consent_id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_consents_case_id", "case_id"),
)
"""Each consent; to whom and to what is sealed."""

blind_indexes = Table(
    "blind_indexes",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("case_id", Uuid, primary_key=True),
    Index("ix_blind_indexes_case_id", "case_id"),
)
"""Keyed digests of the document and of name with birth year, for look-ups her focal point may connect."""

packets = Table(
    "packets",
    metadata,
    Column("referral_id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("organization_id", Uuid, nullable=False),
    Column("status", String(24), nullable=False),
    Column("status_version", Integer, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("facts_version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("scope_version", Integer, nullable=False, server_default="0"),
    Column("signed_steps", Boolean, nullable=False, server_default=false()),
    Column("shown_at", DateTime(timezone=True)),
    Column("shown_status", String(24)),
    Index("ix_packets_case_id", "case_id"),
)
"""Who may open which packet, as the router said it. `sealed` (kind of service, grants, deadlines) and `accepted` come
from its signed facts only: of the newest `scope_version`, then `facts_version`, which it was sealed with.
Other steps move the status of a row that exists; with `signed_steps` none without a signature does (SAFETY N6).
Until `shown_at` her team sees `shown_status`, or no referral at all (ADR 19)."""

milestones = Table(
    "milestones",
    metadata,
    Column("milestone_id", Uuid, primary_key=True),
    Column("referral_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("happened_at", DateTime(timezone=True), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_milestones_referral_id", "referral_id"),
)
"""What the holder of a referral should hear from others (SAFETY O2)."""

disclosures = Table(
    "disclosures",
    metadata,
    Column("disclosure_code", String(32), primary_key=True),
    Column("referral_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("organization_id", Uuid, nullable=False),
    Column("subject", Text, nullable=False),
    Column("disclosed_at", DateTime(timezone=True), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_disclosures_case_id", "case_id"),
)
"""Who saw what and when: written in the transaction that opens the packet, or nothing is opened."""
