"""When her team sees what a front door answered, and which one is asked next (ADR 19)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("packets", sa.Column("shown_at", sa.DateTime(timezone=True)))
    op.add_column("packets", sa.Column("shown_status", sa.String(24)))


def downgrade() -> None:
    op.drop_column("packets", "shown_status")
    op.drop_column("packets", "shown_at")
