"""Plans that wait for a coordinator, and who registered their cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("author", sa.LargeBinary))
    op.add_column("plans", sa.Column("waits_since", sa.DateTime(timezone=True)))
    op.create_index("ix_plans_waiting", "plans", ["waits_since"], postgresql_where=sa.text("waits_since IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_plans_waiting", "plans")
    op.drop_column("plans", "waits_since")
    op.drop_column("cases", "author")
