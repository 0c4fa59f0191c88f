"""The router's own tables. What is hers (facts, the plan's document, who was named on the telephone) is sealed."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
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

metadata = MetaData()

cases = Table(
    "cases",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("organization_id", Uuid, nullable=False),
    Column("team", ARRAY(Text), nullable=False),
    Column("focal_point", Text),
    Column("status", String(16), nullable=False),
    Column("captured_at", DateTime(timezone=True), nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    Column("author", LargeBinary),
    Index("ix_cases_organization", "organization_id"),
)
"""One row a case this router routes. `facts` is sealed under the router's own case key, and so is `author`: who
registered it, kept only where it waits for a coordinator."""

plans = Table(
    "plans",
    metadata,
    Column("plan_id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("cases.case_id"), nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("protocol_version", String(32), nullable=False),
    Column("confirmed_by", Text),
    Column("second_confirmed_by", Text),
    Column("guards_answered", Boolean, nullable=False),
    Column("released", ARRAY(Text), nullable=False),
    Column("ended", ARRAY(Integer), nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("waits_since", DateTime(timezone=True)),
    Index("ix_plans_waiting", "waits_since", postgresql_where=text("waits_since IS NOT NULL")),
)
"""One plan a case. Every command on a case locks this row first. `document` is the sealed `domain.plan.plan.Plan`."""

referrals = Table(
    "referrals",
    metadata,
    Column("referral_id", Uuid, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("referral_code", String(16), nullable=False),
    Column("plan_id", Uuid, ForeignKey("plans.plan_id"), nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("team_organization_id", Uuid, nullable=False),
    Column("row_number", Integer, nullable=False),
    Column("service_type", String(32), nullable=False),
    Column("jurisdiction", String(32), nullable=False),
    Column("district", String(6)),
    Column("basis", String(16), nullable=False),
    Column("urgency", String(8), nullable=False),
    Column("status", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("organization_id", Uuid),
    Column("service_id", Uuid),
    Column("receiving_type", String(32)),
    Column("department", String(2)),
    Column("entered_at", DateTime(timezone=True)),
    Column("offered_at", DateTime(timezone=True)),
    Column("respond_by", DateTime(timezone=True)),
    Column("accepted_at", DateTime(timezone=True)),
    Column("called_at", DateTime(timezone=True)),
    Column("escalated_at", DateTime(timezone=True)),
    Column("reason", String(40)),
    Column("scope_version", Integer, nullable=False, server_default="0"),
    Column("shown_at", DateTime(timezone=True)),
    Column("shown_status", String(16)),
    Column("shown_version", Integer),
    Column("shown_reason", String(40)),
    Column("asked_at", DateTime(timezone=True)),
    Index("ix_referrals_shown", "shown_at", postgresql_where=text("shown_at IS NOT NULL")),
    Index(
        "ix_referrals_silent",
        "offered_at",
        postgresql_where=text("status = 'requested' AND basis = 'vital_interest' AND called_at IS NULL"),
    ),
    CheckConstraint("status = 'draft' OR offered_at IS NOT NULL OR status = 'entered-in-error'", name="offered"),
    Index("ix_referrals_plan", "plan_id", "number", unique=True),
    Index("ix_referrals_receiver", "organization_id", "offered_at", "referral_id"),
    Index("ix_referrals_team", "team_organization_id", "referral_id"),
    Index(
        "ix_referrals_due",
        "respond_by",
        postgresql_where=text("status = 'requested' AND escalated_at IS NULL"),
    ),
)
"""One row an offer, or a row of the plan that nobody was offered yet. `number` is the order within the plan.

Until `shown_at` her team sees the state of the columns `shown_…` (ADR 19). In history, tasks and unmet needs it sees
nothing of a row before its `shown_at`; once it was shown, that is the row's time and `shown_at` is empty.
"""

history = Table(
    "referral_history",
    metadata,
    Column("referral_id", Uuid, ForeignKey("referrals.referral_id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("party", String(16), nullable=False),
    Column("subject", Text),
    Column("reason", String(40)),
    Column("note_code", String(40)),
    Column("channel", String(40)),
    Column("who", LargeBinary),
    Column("shown_at", DateTime(timezone=True)),
)
"""Who moved a referral, when, why. `who` (a person named on the telephone) is sealed."""

tasks = Table(
    "tasks",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    Column("plan_id", Uuid, ForeignKey("plans.plan_id"), nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("organization_id", Uuid, nullable=False),
    Column("code", String(40), nullable=False),
    Column("row_number", Integer),
    Column("referral_id", Uuid),
    Column("service_type", String(32)),
    Column("phone", Text),
    Column("phone_verified_on", Date),
    Column("status", String(8), nullable=False),
    Column("outcome", String(40)),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("completed_at", DateTime(timezone=True)),
    Column("completed_by", Text),
    Column("shown_at", DateTime(timezone=True)),
    Column("receiver_organization_id", Uuid),
    Column("receiver_service_type", String(32)),
    Index("ix_tasks_shown", "shown_at", postgresql_where=text("shown_at IS NOT NULL")),
    Index(
        "ux_tasks_once",
        "plan_id",
        "code",
        "row_number",
        "referral_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    Index("ix_tasks_organization", "organization_id", "status", "due_at", "task_id"),
)
"""Work for people. The same work is opened once. `receiver_*` only where there is no referral that names them."""

unmet_needs = Table(
    "unmet_needs",
    metadata,
    Column("unmet_id", Uuid, primary_key=True),
    Column("plan_id", Uuid, ForeignKey("plans.plan_id"), nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("organization_id", Uuid, nullable=False),
    Column("row_number", Integer, nullable=False),
    Column("service_type", String(32), nullable=False),
    Column("code", String(32), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("found_at", DateTime(timezone=True), nullable=False),
    Column("shown_at", DateTime(timezone=True)),
    Index("ix_unmet_shown", "shown_at", postgresql_where=text("shown_at IS NOT NULL")),
    Index("ux_unmet_once", "plan_id", "row_number", "reason", unique=True),
    Index("ix_unmet_organization", "organization_id", "found_at", "unmet_id"),
)
"""What she needs and nobody gives."""

services = Table(
    "services",
    metadata,
    Column("service_id", Uuid, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("state", JSONB, nullable=False),
    Column("available", Integer),
    Column("capacity_reported_at", DateTime(timezone=True)),
    Index("ix_services_changed", "changed"),
)
"""The router's own projection of the directory, so that it routes while the directory is down."""

projection = Table(
    "projection",
    metadata,
    Column("only", Boolean, primary_key=True),
    Column("version", BigInteger, nullable=False),
)
"""One row: how often `services` changed. Its lock makes changes commit in the order of their numbers."""
