"""Cases, plans, referrals, tasks, unmet needs, the projection of the directory, and the plumbing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.operations import Operations
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from unavez_shared.persistence.migrations import create_plumbing

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_plumbing(Operations(op.get_context()))
    _create_plans()
    _create_referrals()
    _create_work()
    _create_projection()


def _create_plans() -> None:
    op.create_table(
        "cases",
        sa.Column("case_id", sa.Uuid, primary_key=True),
        sa.Column("organization_id", sa.Uuid, nullable=False),
        sa.Column("team", ARRAY(sa.Text), nullable=False),
        sa.Column("focal_point", sa.Text),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("demo", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.LargeBinary, nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_cases_organization", "cases", ["organization_id"])
    op.create_table(
        "plans",
        sa.Column("plan_id", sa.Uuid, primary_key=True),
        sa.Column("case_id", sa.Uuid, sa.ForeignKey("cases.case_id"), nullable=False, unique=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("protocol_version", sa.String(32), nullable=False),
        sa.Column("confirmed_by", sa.Text),
        sa.Column("second_confirmed_by", sa.Text),
        sa.Column("guards_answered", sa.Boolean, nullable=False),
        sa.Column("released", ARRAY(sa.Text), nullable=False),
        sa.Column("ended", ARRAY(sa.Integer), nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )


def _create_referrals() -> None:
    op.create_table(
        "referrals",
        sa.Column("referral_id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("referral_code", sa.String(16), nullable=False),
        sa.Column("plan_id", sa.Uuid, sa.ForeignKey("plans.plan_id"), nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("team_organization_id", sa.Uuid, nullable=False),
        sa.Column("row_number", sa.Integer, nullable=False),
        sa.Column("service_type", sa.String(32), nullable=False),
        sa.Column("jurisdiction", sa.String(32), nullable=False),
        sa.Column("district", sa.String(6)),
        sa.Column("basis", sa.String(16), nullable=False),
        sa.Column("urgency", sa.String(8), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid),
        sa.Column("service_id", sa.Uuid),
        sa.Column("receiving_type", sa.String(32)),
        sa.Column("department", sa.String(2)),
        sa.Column("entered_at", sa.DateTime(timezone=True)),
        sa.Column("offered_at", sa.DateTime(timezone=True)),
        sa.Column("respond_by", sa.DateTime(timezone=True)),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.Column("called_at", sa.DateTime(timezone=True)),
        sa.Column("escalated_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(40)),
        sa.CheckConstraint("status = 'draft' OR offered_at IS NOT NULL OR status = 'entered-in-error'", name="offered"),
    )
    op.create_index("ix_referrals_plan", "referrals", ["plan_id", "number"], unique=True)
    op.create_index("ix_referrals_receiver", "referrals", ["organization_id", "offered_at", "referral_id"])
    op.create_index("ix_referrals_team", "referrals", ["team_organization_id", "referral_id"])
    op.create_index(
        "ix_referrals_due",
        "referrals",
        ["respond_by"],
        postgresql_where=sa.text("status = 'requested' AND escalated_at IS NULL"),
    )
    op.create_table(
        "referral_history",
        sa.Column("referral_id", sa.Uuid, sa.ForeignKey("referrals.referral_id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("party", sa.String(16), nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("reason", sa.String(40)),
        sa.Column("note_code", sa.String(40)),
        sa.Column("channel", sa.String(40)),
        sa.Column("who", sa.LargeBinary),
    )
    op.create_index(
        "ix_referrals_silent",
        "referrals",
        ["offered_at"],
        postgresql_where=sa.text("status = 'requested' AND basis = 'vital_interest' AND called_at IS NULL"),
    )


def _create_work() -> None:
    op.create_table(
        "tasks",
        sa.Column("task_id", sa.Uuid, primary_key=True),
        sa.Column("plan_id", sa.Uuid, sa.ForeignKey("plans.plan_id"), nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("organization_id", sa.Uuid, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("row_number", sa.Integer),
        sa.Column("referral_id", sa.Uuid),
        sa.Column("service_type", sa.String(32)),
        sa.Column("phone", sa.Text),
        sa.Column("phone_verified_on", sa.Date),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("outcome", sa.String(40)),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("completed_by", sa.Text),
    )
    op.create_index(
        "ux_tasks_once",
        "tasks",
        ["plan_id", "code", "row_number", "referral_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_tasks_organization", "tasks", ["organization_id", "status", "due_at", "task_id"])
    op.create_table(
        "unmet_needs",
        sa.Column("unmet_id", sa.Uuid, primary_key=True),
        sa.Column("plan_id", sa.Uuid, sa.ForeignKey("plans.plan_id"), nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("organization_id", sa.Uuid, nullable=False),
        sa.Column("row_number", sa.Integer, nullable=False),
        sa.Column("service_type", sa.String(32), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ux_unmet_once", "unmet_needs", ["plan_id", "row_number", "reason"], unique=True)
    op.create_index("ix_unmet_organization", "unmet_needs", ["organization_id", "found_at", "unmet_id"])


def _create_projection() -> None:
    op.create_table(
        "services",
        sa.Column("service_id", sa.Uuid, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("state", JSONB, nullable=False),
        sa.Column("available", sa.Integer),
        sa.Column("capacity_reported_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_services_changed", "services", ["changed"])
    op.create_table(
        "projection",
        sa.Column("only", sa.Boolean, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.execute('INSERT INTO projection ("only", version) VALUES (true, 0)')
