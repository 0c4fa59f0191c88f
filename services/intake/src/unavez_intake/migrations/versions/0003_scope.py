"""What a packet may show has a number of its own; whether the router signs every step of a referral."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("packets", sa.Column("scope_version", sa.Integer, nullable=False, server_default="0"))
    op.add_column("packets", sa.Column("signed_steps", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("packets", "signed_steps")
    op.drop_column("packets", "scope_version")
