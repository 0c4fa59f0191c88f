"""What is closed stays closed; whether the router signs every step of a referral."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("told", sa.Column("signed", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("told", sa.Column("closed", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("told", "closed")
    op.drop_column("told", "signed")
