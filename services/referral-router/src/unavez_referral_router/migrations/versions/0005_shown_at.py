"""When her team sees what a front door answered, and what followed from it (ADR 19)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_CLOCKED = {"referrals": "ix_referrals_shown", "tasks": "ix_tasks_shown", "unmet_needs": "ix_unmet_shown"}
_OF_REFERRALS: dict[str, sa.types.TypeEngine[Any]] = {
    "shown_status": sa.String(16),
    "shown_version": sa.Integer(),
    "shown_reason": sa.String(40),
    "asked_at": sa.DateTime(timezone=True),
}


def upgrade() -> None:
    for table in (*_CLOCKED, "referral_history"):
        op.add_column(table, sa.Column("shown_at", sa.DateTime(timezone=True)))
    for name, kind in _OF_REFERRALS.items():
        op.add_column("referrals", sa.Column(name, kind))
    for table, index in _CLOCKED.items():
        op.create_index(index, table, ["shown_at"], postgresql_where=sa.text("shown_at IS NOT NULL"))


def downgrade() -> None:
    for table, index in _CLOCKED.items():
        op.drop_index(index, table)
    for name in _OF_REFERRALS:
        op.drop_column("referrals", name)
    for table in (*_CLOCKED, "referral_history"):
        op.drop_column(table, "shown_at")
