"""SQL of subscriptions: what their owner set, and where their handshake stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, any_, delete, insert, literal, select, update

from unavez_notifier.adapters.sql import UUIDS
from unavez_notifier.adapters.tables import deliveries, subscriptions
from unavez_notifier.domain.audiences import Feed
from unavez_notifier.domain.subscriptions import DisabledReason, Filters, Status, Subscription
from unavez_notifier.use_cases.ports import DueHandshake
from unavez_shared.persistence.database import UnitOfWork

_WEBHOOK = "webhook"
_SHOWN = (
    subscriptions.c.subscription_id,
    subscriptions.c.organization_id,
    subscriptions.c.audience,
    subscriptions.c.endpoint,
    subscriptions.c.event_types,
    subscriptions.c.service_types,
    subscriptions.c.districts,
    subscriptions.c.status,
    subscriptions.c.version,
    subscriptions.c.start_position,
    subscriptions.c.created_at,
    subscriptions.c.verified_at,
    subscriptions.c.failing_since,
    subscriptions.c.disabled_at,
    subscriptions.c.disabled_reason,
)
"""Everything but the secrets."""


class SubscriptionRepository:
    """Subscriptions inside one transaction."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def insert(self, subscription: Subscription, *, secret: bytes) -> None:
        """Store a new one; its handshake is due at once."""
        await self._work.execute(
            insert(subscriptions).values(
                subscription_id=subscription.subscription_id,
                organization_id=subscription.feed.organization_id,
                audience=subscription.feed.key,
                channel=_WEBHOOK,
                endpoint=subscription.endpoint,
                **_filters(subscription.filters),
                status=subscription.status.value,
                version=subscription.version,
                start_position=subscription.start_position,
                secret=secret,
                created_at=subscription.created_at,
                handshake_attempts=0,
                handshake_since=subscription.created_at,
                next_handshake_at=subscription.created_at,
            )
        )

    async def of_feed(self, feed: Feed) -> Sequence[Subscription]:
        """Return all of a feed, oldest first."""
        rows = await self._work.execute(
            select(*_SHOWN)
            .where(
                subscriptions.c.organization_id == feed.organization_id,
                subscriptions.c.audience == feed.key,
            )
            .order_by(subscriptions.c.created_at, subscriptions.c.subscription_id)
        )
        return [_subscription(row) for row in rows]

    async def get(self, subscription_id: UUID, organization_id: UUID) -> Subscription | None:
        """Return one within the organization."""
        rows = await self._work.execute(
            select(*_SHOWN).where(
                subscriptions.c.subscription_id == subscription_id, subscriptions.c.organization_id == organization_id
            )
        )
        row = rows.one_or_none()
        return None if row is None else _subscription(row)

    async def change(self, subscription: Subscription, *, verify_again_at: datetime | None) -> None:
        """Store endpoint, filters, status and version; a time starts the handshake anew and holds deliveries."""
        anew: dict[str, Any] = {}
        if verify_again_at is not None:
            anew = {
                "handshake_attempts": 0,
                "handshake_since": verify_again_at,
                "next_handshake_at": verify_again_at,
                "failing_since": None,
                "disabled_at": None,
                "disabled_reason": None,
                "verified_at": None,
            }
            await self._work.execute(
                update(deliveries)
                .where(deliveries.c.subscription_id == subscription.subscription_id, deliveries.c.status == "pending")
                .values(next_attempt_at=None, first_attempt_at=None, attempts=0)
            )
        await self._work.execute(
            update(subscriptions)
            .where(subscriptions.c.subscription_id == subscription.subscription_id)
            .values(
                endpoint=subscription.endpoint,
                **_filters(subscription.filters),
                status=subscription.status.value,
                version=subscription.version,
                **anew,
            )
        )

    async def delete(self, subscription_id: UUID) -> None:
        """Remove it and its deliveries."""
        await self._work.execute(delete(subscriptions).where(subscriptions.c.subscription_id == subscription_id))

    async def feeds_of_frontline(self) -> Sequence[Feed]:
        """Return the feeds that have subscriptions a frontline token made or changed."""
        whose = (subscriptions.c.organization_id, subscriptions.c.audience)
        rows = await self._work.execute(select(*whose).where(subscriptions.c.by_frontline).distinct().order_by(*whose))
        return [Feed.stored(row.organization_id, row.audience) for row in rows]

    async def delete_frontline(self, feed: Feed) -> Sequence[UUID]:
        """Remove those of a locked feed and their deliveries; return which."""
        rows = await self._work.execute(
            delete(subscriptions)
            .where(
                subscriptions.c.by_frontline,
                subscriptions.c.organization_id == feed.organization_id,
                subscriptions.c.audience == feed.key,
            )
            .returning(subscriptions.c.subscription_id)
        )
        return sorted(rows.scalars())

    async def rotate(self, subscription_id: UUID, secret: bytes, *, previous_until: datetime) -> None:
        """Store a new sealed secret; the old one signs beside it until then."""
        await self._work.execute(
            update(subscriptions)
            .where(subscriptions.c.subscription_id == subscription_id)
            .values(previous_secret=subscriptions.c.secret, previous_secret_until=previous_until, secret=secret)
        )

    async def disable(
        self, subscription_ids: Sequence[UUID], reason: DisabledReason, *, at: datetime
    ) -> Sequence[Subscription]:
        """Switch off those that are not off yet and return them; their pending deliveries are dropped."""
        rows = await self._work.execute(
            update(subscriptions)
            .where(
                subscriptions.c.subscription_id == any_(literal(list(subscription_ids), UUIDS)),
                subscriptions.c.status != Status.DISABLED.value,
            )
            .values(
                status=Status.DISABLED.value,
                version=subscriptions.c.version + 1,
                disabled_at=at,
                disabled_reason=reason.value,
                next_handshake_at=None,
            )
            .returning(*_SHOWN)
        )
        disabled = [_subscription(row) for row in rows]
        await self._work.execute(
            update(deliveries)
            .where(
                deliveries.c.subscription_id == any_(literal([one.subscription_id for one in disabled], UUIDS)),
                deliveries.c.status == "pending",
            )
            .values(status="dropped", next_attempt_at=None, settled_at=at)
        )
        return disabled

    async def claim_handshakes(self, *, now: datetime, lease: timedelta, limit: int) -> Sequence[DueHandshake]:
        """Lease endpoints that are due for a handshake."""
        due = (
            select(subscriptions.c.subscription_id)
            .where(subscriptions.c.next_handshake_at <= now)
            .order_by(subscriptions.c.next_handshake_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = await self._work.execute(
            update(subscriptions)
            .where(subscriptions.c.subscription_id.in_(due.scalar_subquery()))
            .values(next_handshake_at=now + lease, handshake_attempts=subscriptions.c.handshake_attempts + 1)
            .returning(*_SHOWN, subscriptions.c.handshake_attempts, subscriptions.c.handshake_since)
        )
        return [DueHandshake(_subscription(row), row.handshake_attempts, row.handshake_since) for row in rows]

    async def verified(self, subscription: Subscription, *, at: datetime) -> None:
        """Activate it if it still is what was asked; what was held is due now."""
        result = await self._work.execute(
            update(subscriptions)
            .where(*_as_asked(subscription))
            .values(status=Status.ACTIVE.value, verified_at=at, next_handshake_at=None)
        )
        if result.rowcount:
            await self._work.execute(
                update(deliveries)
                .where(deliveries.c.subscription_id == subscription.subscription_id, deliveries.c.status == "pending")
                .values(next_attempt_at=at)
            )

    async def handshake_failed(self, subscription: Subscription, *, next_at: datetime) -> None:
        """Ask again at `next_at`."""
        await self._work.execute(
            update(subscriptions).where(*_as_asked(subscription)).values(next_handshake_at=next_at)
        )

    async def mark_health(self, *, failing: Sequence[UUID], healthy: Sequence[UUID], at: datetime) -> None:
        """Remember since when subscriptions fail, or that they work again."""
        since = subscriptions.c.failing_since
        if failing:
            began = (
                update(subscriptions)
                .where(subscriptions.c.subscription_id.in_(failing), since.is_(None))
                .values(failing_since=at)
            )
            await self._work.execute(began)
        if healthy:
            ended = (
                update(subscriptions)
                .where(subscriptions.c.subscription_id.in_(healthy), since.is_not(None))
                .values(failing_since=None)
            )
            await self._work.execute(ended)

    async def webhooks_of(self, organization_ids: Sequence[UUID]) -> Sequence[UUID]:
        """Return the subscriptions of these organizations that are not off."""
        rows = await self._work.execute(
            select(subscriptions.c.subscription_id).where(
                subscriptions.c.organization_id == any_(literal(list(organization_ids), UUIDS)),
                subscriptions.c.status != Status.DISABLED.value,
            )
        )
        return list(rows.scalars())


def _as_asked(subscription: Subscription) -> tuple[Any, ...]:
    return (
        subscriptions.c.subscription_id == subscription.subscription_id,
        subscriptions.c.version == subscription.version,
        subscriptions.c.status == Status.UNVERIFIED.value,
    )


def _filters(filters: Filters) -> dict[str, list[str] | None]:
    return {
        "event_types": None if filters.event_types is None else list(filters.event_types),
        "service_types": None if filters.service_types is None else list(filters.service_types),
        "districts": None if filters.districts is None else list(filters.districts),
    }


def _codes(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        subscription_id=row.subscription_id,
        feed=Feed.stored(row.organization_id, row.audience),
        endpoint=row.endpoint,
        filters=Filters(_codes(row.event_types), _codes(row.service_types), _codes(row.districts)),
        status=Status(row.status),
        start_position=row.start_position,
        version=row.version,
        created_at=row.created_at,
        verified_at=row.verified_at,
        failing_since=row.failing_since,
        disabled_at=row.disabled_at,
        disabled_reason=None if row.disabled_reason is None else DisabledReason(row.disabled_reason),
    )
