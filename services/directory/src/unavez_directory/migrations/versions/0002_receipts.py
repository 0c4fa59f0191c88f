"""Outbox rows the broker has confirmed wait for their hearers' receipts."""

from __future__ import annotations

from alembic import op
from alembic.operations import Operations

from unavez_shared.persistence.migrations import add_receipts, remove_receipts

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_receipts(Operations(op.get_context()))


def downgrade() -> None:
    remove_receipts(Operations(op.get_context()))
