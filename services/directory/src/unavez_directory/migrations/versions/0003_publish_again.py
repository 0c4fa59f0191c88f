"""Services published before names were told are published again, once: they wait in a queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("to_publish", sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True))
    op.execute("INSERT INTO to_publish SELECT id FROM services")


def downgrade() -> None:
    op.drop_table("to_publish")
