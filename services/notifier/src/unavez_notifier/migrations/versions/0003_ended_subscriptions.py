"""Subscriptions are paused, and one that ended stays until its last message is settled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CHECK = "ck_subscriptions_status"


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("ended_at", sa.DateTime(timezone=True)))
    op.drop_constraint(_CHECK, "subscriptions", type_="check")
    op.create_check_constraint(
        _CHECK, "subscriptions", "status IN ('unverified', 'active', 'paused', 'disabled', 'ended')"
    )


def downgrade() -> None:
    op.execute("DELETE FROM subscriptions WHERE status = 'ended'")
    op.execute("UPDATE subscriptions SET status = 'disabled', disabled_at = now() WHERE status = 'paused'")
    op.drop_constraint(_CHECK, "subscriptions", type_="check")
    op.create_check_constraint(_CHECK, "subscriptions", "status IN ('unverified', 'active', 'disabled')")
    op.drop_column("subscriptions", "ended_at")
