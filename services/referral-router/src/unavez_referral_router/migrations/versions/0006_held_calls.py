"""Whom to call for a row that waits for a coordinator, before anybody was asked (SAFETY N13)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("receiver_organization_id", sa.Uuid))
    op.add_column("tasks", sa.Column("receiver_service_type", sa.String(32)))


def downgrade() -> None:
    op.drop_column("tasks", "receiver_service_type")
    op.drop_column("tasks", "receiver_organization_id")
