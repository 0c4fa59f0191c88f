"""What a packet may show has a number of its own; a referral's version counts steps of status."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("referrals", sa.Column("scope_version", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("referrals", "scope_version")
