"""SQL of deliveries: created with their event, claimed with a lease, settled in batches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, case, literal, null, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from unavez_notifier.adapters.claim import CLAIM, SETTLE, UNTOLD
from unavez_notifier.adapters.sql import UUIDS
from unavez_notifier.adapters.tables import deliveries, feed_events, subscriptions
from unavez_notifier.domain.agency_events import ANNOUNCED, ENDPOINT_TEST, OFFERED
from unavez_notifier.domain.subscriptions import Status, Subscription
from unavez_notifier.use_cases.ports import DeliveryView, DueDelivery, Settlement, UntoldOffer
from unavez_shared.persistence.database import UnitOfWork

_COLUMNS = ["subscription_id", "position", "event_id", "subject", "urgency", "status", "attempts", "next_attempt_at"]


def _passes_filters() -> ColumnElement[bool]:
    """Return the condition; an announcement passes every filter: it is there to be noticed (SAFETY N19)."""
    wanted, event = subscriptions.c, feed_events.c
    return or_(
        event.type == ANNOUNCED,
        or_(wanted.event_types.is_(None), event.type == any_(wanted.event_types))
        & or_(
            wanted.service_types.is_(None), event.service_type.is_(None), _in(event.service_type, wanted.service_types)
        )
        & or_(wanted.districts.is_(None), event.district.is_(None), _in(event.district, wanted.districts)),
    )


def _in(value: ColumnElement[Any], values: ColumnElement[Any]) -> ColumnElement[bool]:
    return value == any_(values)


def _rows(at: datetime) -> Any:
    """Select delivery rows for events and the subscriptions of their feeds; held until the endpoint is verified."""
    event, wanted = feed_events.c, subscriptions.c
    return (
        select(
            wanted.subscription_id,
            event.position,
            event.event_id,
            event.subject,
            event.urgency,
            literal("pending"),
            literal(0),
            case((wanted.status == Status.ACTIVE.value, literal(at)), else_=null()),
        )
        .select_from(feed_events)
        .join(
            subscriptions,
            (wanted.organization_id == event.organization_id) & (wanted.audience == event.audience),
        )
        .where(wanted.status != Status.DISABLED.value, event.position > wanted.start_position)
    )


class DeliveryRepository:
    """Deliveries inside one transaction."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def fan_out(self, event_ids: Sequence[UUID], *, at: datetime, only: UUID | None = None) -> int:
        """Create one delivery for each event and matching subscription; `only` = for this one, whatever it filters."""
        which = _passes_filters() if only is None else subscriptions.c.subscription_id == only
        rows = _rows(at).where(feed_events.c.event_id == any_(literal(list(event_ids), UUIDS)), which)
        result = await self._work.execute(upsert(deliveries).from_select(_COLUMNS, rows))
        return result.rowcount

    async def claim(
        self,
        *,
        now: datetime,
        lease: timedelta,
        limit: int,
        allowance: int,
        exceptions: Sequence[tuple[UUID, int]],
    ) -> Sequence[DueDelivery]:
        """Lease due deliveries: the oldest pending one of each subject, urgent first, within the allowances."""
        rows = await self._work.execute(
            CLAIM,
            {
                "now": now,
                "lease_until": now + lease,
                "limit": limit,
                "allowance": allowance,
                "exceptional": [subscription_id for subscription_id, _ in exceptions],
                "allowances": [left for _, left in exceptions],
            },
        )
        return [
            DueDelivery(
                subscription_id=row.subscription_id,
                position=row.position,
                event_id=row.event_id,
                body=row.body,
                endpoint=row.endpoint,
                secret=row.secret,
                previous_secret=row.previous_secret,
                attempts=row.attempts,
                first_attempt_at=row.first_attempt_at,
                failing_since=row.failing_since,
            )
            for row in rows
        ]

    async def settle(self, settlements: Sequence[Settlement], *, at: datetime) -> None:
        """Store what became of attempts."""
        if not settlements:
            return
        await self._work.execute(
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

    async def untold_offers(self, event_ids: Sequence[UUID]) -> Sequence[UntoldOffer]:
        """Return which of these are offers that neither a channel nor the feed has told."""
        rows = await self._work.execute(UNTOLD, {"event_ids": list(event_ids), "offered": OFFERED})
        return [UntoldOffer(row.organization_id, row.subject, row.position) for row in rows]

    async def pending_events(self, subscription_ids: Sequence[UUID]) -> Sequence[UUID]:
        """Return the events still on their way to these subscriptions."""
        rows = await self._work.execute(
            select(deliveries.c.event_id).where(
                deliveries.c.subscription_id == any_(literal(list(subscription_ids), UUIDS)),
                deliveries.c.status == "pending",
            )
        )
        return list(rows.scalars())

    async def replay(self, subscription: Subscription, *, after: int, at: datetime) -> int:
        """Make everything after a position due again (never older than the subscription); return how many."""
        rows = _rows(at).where(
            subscriptions.c.subscription_id == subscription.subscription_id,
            feed_events.c.position > after,
            feed_events.c.type != ENDPOINT_TEST,
            _passes_filters(),
        )
        again = upsert(deliveries).from_select(_COLUMNS, rows)
        result = await self._work.execute(
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
            )
        )
        return result.rowcount

    async def listing(self, subscription_id: UUID, *, after: int, limit: int) -> Sequence[DeliveryView]:
        """Return deliveries in feed order."""
        one = deliveries.c
        rows = await self._work.execute(
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
