"""Intakes with their revisions, teams and consents; packets, milestones and disclosures; the plumbing."""

import sqlalchemy as sa
from alembic import op
from alembic.operations import Operations

from unavez_shared.persistence.migrations import create_plumbing

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_plumbing(Operations(op.get_context()))
    op.create_table(
        "intakes",
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("client_record_digest", sa.LargeBinary(), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("intake_id", name="intakes_pkey"),
        sa.UniqueConstraint("case_id", name="intakes_case_id_key"),
        sa.UniqueConstraint("code_digest", name="intakes_code_digest_key"),
        sa.UniqueConstraint("organization_id", "client_record_digest", name="uq_intakes_client_record"),
        sa.CheckConstraint("status IN ('draft', 'paused', 'complete')", name="ck_intakes_status"),
    )
    op.create_table(
        "intake_revisions",
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("intake_id", "version", name="intake_revisions_pkey"),
        sa.ForeignKeyConstraint(["intake_id"], ["intakes.intake_id"], name="intake_revisions_intake_id_fkey"),
    )
    op.create_table(
        "intake_team",
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("intake_id", "organization_id", "subject", name="intake_team_pkey"),
        sa.ForeignKeyConstraint(["intake_id"], ["intakes.intake_id"], name="intake_team_intake_id_fkey"),
    )
    op.create_table(
        "consents",
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", name="consents_pkey"),
    )
    op.create_index("ix_consents_case_id", "consents", ["case_id"])
    op.create_table(
        "blind_indexes",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "digest", "case_id", name="blind_indexes_pkey"),
    )
    op.create_index("ix_blind_indexes_case_id", "blind_indexes", ["case_id"])
    op.create_table(
        "packets",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("status_version", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("facts_version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("referral_id", name="packets_pkey"),
    )
    op.create_index("ix_packets_case_id", "packets", ["case_id"])
    op.create_table(
        "milestones",
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("milestone_id", name="milestones_pkey"),
    )
    op.create_index("ix_milestones_referral_id", "milestones", ["referral_id"])
    op.create_table(
        "disclosures",
        sa.Column("disclosure_code", sa.String(32), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("disclosed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("disclosure_code", name="disclosures_pkey"),
    )
    op.create_index("ix_disclosures_case_id", "disclosures", ["case_id"])
