"""Feeds of single persons beside those of an organization; webhooks a frontline token made or changed are marked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AUDIENCE = "audience"


def upgrade() -> None:
    op.drop_constraint("ck_feeds_audience", "feeds")
    for table in ("feeds", "feed_events"):
        op.alter_column(table, _AUDIENCE, type_=sa.String(64))
    op.create_check_constraint(
        "ck_feeds_audience", "feeds", "audience IN ('agency', 'team') OR audience LIKE 'person:%'"
    )
    op.add_column("subscriptions", sa.Column("by_frontline", sa.Boolean, nullable=False, server_default=sa.false()))
    # Who is not known to have been a coordinator from the beginning to the end is taken for somebody else.
    op.execute(
        """
        UPDATE subscriptions s SET by_frontline = true
        WHERE s.audience = 'team' AND (
            NOT EXISTS (
                SELECT FROM audit a
                WHERE a.subject_id = s.subscription_id::text AND a.action = 'subscription_created'
                  AND a.actor_role = 'coordinator'
            ) OR EXISTS (
                SELECT FROM audit a
                WHERE a.subject_id = s.subscription_id::text AND a.actor_role = 'frontline'
                  AND a.action IN ('subscription_changed', 'subscription_secret_rotated')
            )
        )
        """
    )


def downgrade() -> None:
    op.drop_column("subscriptions", "by_frontline")
    op.execute("DELETE FROM feed_events WHERE audience LIKE 'person:%'")
    op.execute("DELETE FROM feeds WHERE audience LIKE 'person:%'")
    op.drop_constraint("ck_feeds_audience", "feeds")
    for table in ("feeds", "feed_events"):
        op.alter_column(table, _AUDIENCE, type_=sa.String(8))
    op.create_check_constraint("ck_feeds_audience", "feeds", "audience IN ('agency', 'team')")
