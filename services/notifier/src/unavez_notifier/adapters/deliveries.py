"""SQL of deliveries: created with their event (`fan_out.py`), claimed with a lease, settled in batches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import any_, literal, null, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from unavez_notifier.adapters.claim import CLAIM, LAST, SETTLE, UNTOLD
from unavez_notifier.adapters.fan_out import DELIVERY_COLUMNS, delivery_rows, passes_filters
from unavez_notifier.adapters.sql import UUIDS
from unavez_notifier.adapters.tables import deliveries, feed_events, subscriptions
from unavez_notifier.domain.agency_events import ENDPOINT_TEST, OFFERED
from unavez_notifier.domain.deliveries import DeliveryView, DueDelivery, Settlement, UntoldOffer
from unavez_notifier.domain.feed_events import Placed
from unavez_notifier.domain.lanes import Lane, Load
from unavez_notifier.domain.retries import LEASE
from unavez_notifier.domain.subscriptions import Subscription
from unavez_shared.persistence.database import UnitOfWork


class DeliveryStore:
    """Deliveries inside one transaction."""

    async def claim(
        self,
        work: UnitOfWork,
        *,
        now: datetime,
        lease: timedelta,
        limit: int,
        channels: Sequence[str],
        lane: Lane,
        load: Load,
    ) -> Sequence[DueDelivery]:
        """Lease due deliveries of these channels in a lane: the oldest pending one of each subject, urgent first.

        Organizations take turns; none, and no subscription, gets more than its share less what `load` says.
        """
        rows = await work.execute(
            CLAIM,
            {
                "now": now,
                "lease_until": now + lease,
                "limit": limit,
                "channels": list(channels),
                "is_slow": lane.is_slow,
                "each_subscription": lane.each_subscription,
                "each_organization": lane.each_organization,
                "subscriptions": [subscription_id for subscription_id, _, _ in load.subscriptions],
                "subscription_loads": [count for _, count, _ in load.subscriptions],
                "slow_ones": [is_slow for _, _, is_slow in load.subscriptions],
                "organizations": [organization_id for organization_id, _ in load.organizations],
                "organization_loads": [count for _, count in load.organizations],
            },
        )
        return [
            DueDelivery(
                organization_id=row.organization_id,
                subscription_id=row.subscription_id,
                position=row.position,
                event_id=row.event_id,
                body=row.body,
                channel=row.channel,
                endpoint=row.endpoint,
                secret=row.secret,
                previous_secret=row.previous_secret,
                attempts=row.attempts,
                first_attempt_at=row.first_attempt_at,
                failing_since=row.failing_since,
                is_last=row.is_last,
            )
            for row in rows
        ]

    async def settle(self, work: UnitOfWork, settlements: Sequence[Settlement], *, at: datetime) -> None:
        """Store what became of attempts."""
        if not settlements:
            return
        await work.execute(
            SETTLE,
            {
                "at": at,
                "subscription_ids": [one.due.subscription_id for one in settlements],
                "positions": [one.due.position for one in settlements],
                "statuses": [one.status for one in settlements],
                "next_attempts": [one.next_attempt_at for one in settlements],
                "status_codes": [one.status_code for one in settlements],
                "errors": [one.error for one in settlements],
            },
        )

    async def untold_offers(self, work: UnitOfWork, event_ids: Sequence[UUID]) -> Sequence[UntoldOffer]:
        """Return which of these are offers that neither a channel nor the feed has told."""
        rows = await work.execute(UNTOLD, {"event_ids": list(event_ids), "offered": OFFERED})
        return [UntoldOffer(row.organization_id, row.subject, row.position) for row in rows]

    async def pending_events(self, work: UnitOfWork, subscription_ids: Sequence[UUID]) -> Sequence[UUID]:
        """Return the events still on their way to these subscriptions."""
        rows = await work.execute(
            select(deliveries.c.event_id).where(
                deliveries.c.subscription_id == any_(literal(list(subscription_ids), UUIDS)),
                deliveries.c.status == "pending",
            )
        )
        return list(rows.scalars())

    async def hold(self, work: UnitOfWork, subscription_id: UUID, *, at: datetime) -> None:
        """Hold what is on its way to a subscription, but for what is about itself or is attempted now."""
        leased = deliveries.c.next_attempt_at == deliveries.c.last_attempt_at + LEASE
        await work.execute(
            update(deliveries)
            .where(
                deliveries.c.subscription_id == subscription_id,
                deliveries.c.status == "pending",
                deliveries.c.subject != subscription_id,
                leased.is_not(True) | (deliveries.c.next_attempt_at <= at),
            )
            .values(next_attempt_at=None)
        )

    async def release(self, work: UnitOfWork, subscription_id: UUID, *, at: datetime) -> None:
        """Make due what was held for a subscription."""
        await work.execute(
            update(deliveries)
            .where(
                deliveries.c.subscription_id == subscription_id,
                deliveries.c.status == "pending",
                deliveries.c.next_attempt_at.is_(None),
            )
            .values(next_attempt_at=at)
        )

    async def drop(self, work: UnitOfWork, subscription_ids: Sequence[UUID], *, at: datetime) -> None:
        """Take what is pending off the way to these subscriptions; it stays in the feed."""
        await work.execute(
            update(deliveries)
            .where(
                deliveries.c.subscription_id == any_(literal(list(subscription_ids), UUIDS)),
                deliveries.c.status == "pending",
            )
            .values(status="dropped", next_attempt_at=None, settled_at=at)
        )

    async def add_last(self, work: UnitOfWork, notices: Sequence[Placed], *, at: datetime) -> None:
        """Let each of these ends go to the very subscription it is about, after what may be under way to it."""
        await work.execute(
            LAST,
            {
                "at": at,
                "lease": LEASE,
                "subscription_ids": [one.event.subject for one in notices],
                "positions": [one.position for one in notices],
                "event_ids": [one.event.id for one in notices],
                "urgencies": [one.event.urgency.value for one in notices],
            },
        )

    async def replay(self, work: UnitOfWork, subscription: Subscription, *, after: int, at: datetime) -> int:
        """Make everything after a position due again (never older than the subscription); return how many."""
        rows = delivery_rows(feed_events).where(
            subscriptions.c.subscription_id == subscription.subscription_id,
            feed_events.c.position > after,
            feed_events.c.type != ENDPOINT_TEST,
            passes_filters(feed_events),
        )
        again = upsert(deliveries).from_select(DELIVERY_COLUMNS, rows)
        result = await work.execute(
            again.on_conflict_do_update(
                index_elements=[deliveries.c.subscription_id, deliveries.c.position],
                set_={
                    "status": again.excluded.status,
                    "attempts": again.excluded.attempts,
                    "next_attempt_at": again.excluded.next_attempt_at,
                    "first_attempt_at": null(),
                    "settled_at": null(),
                },
                where=deliveries.c.status != "pending",
            ),
            {"at": at},
        )
        return result.rowcount

    async def listing(
        self, work: UnitOfWork, subscription_id: UUID, *, after: int, limit: int
    ) -> Sequence[DeliveryView]:
        """Return deliveries in feed order."""
        one = deliveries.c
        rows = await work.execute(
            select(
                one.position,
                one.event_id,
                feed_events.c.type,
                one.status,
                one.attempts,
                one.next_attempt_at,
                one.last_attempt_at,
                one.last_status_code,
                one.last_error,
                one.settled_at,
            )
            .join(feed_events, feed_events.c.event_id == one.event_id)
            .where(one.subscription_id == subscription_id, one.position > after)
            .order_by(one.position)
            .limit(limit)
        )
        return [DeliveryView(**row._mapping) for row in rows]  # noqa: SLF001  (SQLAlchemy's public row mapping)
