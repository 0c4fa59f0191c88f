"""SQL of subscriptions: what their owner set, and where their handshake stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, all_, any_, case, delete, exists, func, insert, literal, select, true, update

from unavez_notifier.adapters.sql import UUIDS
from unavez_notifier.adapters.tables import deliveries, subscriptions
from unavez_notifier.domain.audiences import Feed
from unavez_notifier.domain.deliveries import DueHandshake
from unavez_notifier.domain.subscriptions import DisabledReason, Filters, Status, Subscription
from unavez_shared.persistence.database import UnitOfWork

_SHOWN = (
    subscriptions.c.subscription_id,
    subscriptions.c.organization_id,
    subscriptions.c.audience,
    subscriptions.c.channel,
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
    subscriptions.c.ended_at,
)
"""Everything but the secrets."""
_EXISTS: Final = subscriptions.c.status != Status.ENDED.value
"""For its owner."""


class SubscriptionStore:
    """Subscriptions inside one transaction."""

    async def insert(self, work: UnitOfWork, subscription: Subscription, *, secret: bytes) -> None:
        """Store a new one; its handshake is due at once."""
        await work.execute(
            insert(subscriptions).values(
                subscription_id=subscription.subscription_id,
                organization_id=subscription.feed.organization_id,
                audience=subscription.feed.key,
                channel=subscription.channel,
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

    async def of_feed(self, work: UnitOfWork, feed: Feed) -> Sequence[Subscription]:
        """Return all of a feed that did not end, oldest first."""
        rows = await work.execute(
            select(*_SHOWN)
            .where(
                subscriptions.c.organization_id == feed.organization_id,
                subscriptions.c.audience == feed.key,
                _EXISTS,
            )
            .order_by(subscriptions.c.created_at, subscriptions.c.subscription_id)
        )
        return [_subscription(row) for row in rows]

    async def get(self, work: UnitOfWork, subscription_id: UUID, organization_id: UUID) -> Subscription | None:
        """Return one within the organization; one that ended does not exist."""
        rows = await work.execute(
            select(*_SHOWN).where(
                subscriptions.c.subscription_id == subscription_id,
                subscriptions.c.organization_id == organization_id,
                _EXISTS,
            )
        )
        row = rows.one_or_none()
        return None if row is None else _subscription(row)

    async def of_ids(self, work: UnitOfWork, subscription_ids: Sequence[UUID]) -> Sequence[Subscription]:
        """Return these, whosever they are, ended ones included."""
        rows = await work.execute(select(*_SHOWN).where(_is_one_of(subscription_ids)))
        return [_subscription(row) for row in rows]

    async def change(self, work: UnitOfWork, subscription: Subscription) -> None:
        """Store filters and status; a handshake under way counts only for what is still unverified."""
        await work.execute(
            update(subscriptions)
            .where(subscriptions.c.subscription_id == subscription.subscription_id)
            .values(**_filters(subscription.filters), status=subscription.status.value)
        )

    async def made_by_frontline(self, work: UnitOfWork) -> Sequence[UUID]:
        """Return those a frontline token made or changed, and that did not end."""
        found = select(subscriptions.c.subscription_id).where(subscriptions.c.by_frontline, _EXISTS)
        return list((await work.execute(found.order_by(subscriptions.c.subscription_id))).scalars())

    async def ask_again(self, work: UnitOfWork, subscription_id: UUID, *, at: datetime) -> None:
        """Start the handshake anew."""
        await work.execute(
            update(subscriptions)
            .where(subscriptions.c.subscription_id == subscription_id)
            .values(handshake_attempts=0, handshake_since=at, next_handshake_at=at)
        )

    async def rotate(
        self, work: UnitOfWork, subscription_id: UUID, secret: bytes, *, at: datetime, previous_until: datetime
    ) -> None:
        """Store a new sealed secret; the old one signs beside it until then.

        While an earlier rotation is not over, its old one goes on signing in the place of the one replaced now.
        """
        one = subscriptions.c
        is_over = func.coalesce(one.previous_secret_until <= at, true())
        await work.execute(
            update(subscriptions)
            .where(one.subscription_id == subscription_id)
            .values(
                previous_secret=case((is_over, one.secret), else_=one.previous_secret),
                previous_secret_until=case((is_over, previous_until), else_=one.previous_secret_until),
                secret=secret,
            )
        )

    async def stop(
        self, work: UnitOfWork, subscription_ids: Sequence[UUID], reason: DisabledReason | None, *, at: datetime
    ) -> Sequence[Subscription]:
        """Disable those that still work for a reason, or end those that did not end without one; return them."""
        values: dict[str, Any] = {"status": Status.ENDED.value}
        stopped = [Status.ENDED.value]
        if reason is not None:
            values = {"status": Status.DISABLED.value, "disabled_at": at, "disabled_reason": reason.value}
            stopped.append(Status.DISABLED.value)
        rows = await work.execute(
            update(subscriptions)
            .where(_is_one_of(subscription_ids), subscriptions.c.status.not_in(stopped))
            .values(
                **values,
                version=subscriptions.c.version + 1,
                ended_at=func.coalesce(subscriptions.c.ended_at, at),
                next_handshake_at=None,
            )
            .returning(*_SHOWN)
        )
        return [_subscription(row) for row in rows]

    async def forget(self, work: UnitOfWork, subscription_ids: Sequence[UUID]) -> None:
        """Remove those of them that ended and have nothing pending, with their deliveries."""
        pending = exists().where(
            deliveries.c.subscription_id == subscriptions.c.subscription_id, deliveries.c.status == "pending"
        )
        await work.execute(
            delete(subscriptions).where(
                _is_one_of(subscription_ids), subscriptions.c.status == Status.ENDED.value, ~pending
            )
        )

    async def claim_handshakes(
        self,
        work: UnitOfWork,
        *,
        now: datetime,
        lease: timedelta,
        limit: int,
        channels: Sequence[str],
        each_organization: int,
        but_of: Sequence[UUID],
    ) -> Sequence[DueHandshake]:
        """Lease endpoints of these channels that are due for a handshake.

        Organizations take turns, those in `but_of` have none.
        """
        one = subscriptions.c
        ranked = (
            select(
                one.subscription_id,
                func.row_number().over(partition_by=one.organization_id, order_by=one.next_handshake_at).label("turn"),
            )
            .where(
                one.next_handshake_at <= now,
                one.status == Status.UNVERIFIED.value,
                one.channel.in_(channels),
                one.organization_id != all_(literal(list(but_of), UUIDS)),
            )
            .subquery()
        )
        due = (
            select(one.subscription_id)
            .join(ranked, ranked.c.subscription_id == one.subscription_id)
            .where(ranked.c.turn <= each_organization, one.next_handshake_at <= now)
            .order_by(ranked.c.turn, one.next_handshake_at)
            .limit(limit)
            .with_for_update(of=subscriptions, skip_locked=True)
        )
        rows = await work.execute(
            update(subscriptions)
            .where(subscriptions.c.subscription_id.in_(due.scalar_subquery()))
            .values(next_handshake_at=now + lease, handshake_attempts=subscriptions.c.handshake_attempts + 1)
            .returning(*_SHOWN, subscriptions.c.handshake_attempts, subscriptions.c.handshake_since)
        )
        return [DueHandshake(_subscription(row), row.handshake_attempts, row.handshake_since) for row in rows]

    async def verified(self, work: UnitOfWork, subscription: Subscription, *, at: datetime) -> bool:
        """Activate it if it still is unverified; tell whether it was."""
        result = await work.execute(
            update(subscriptions)
            .where(*_as_asked(subscription))
            .values(status=Status.ACTIVE.value, verified_at=at, next_handshake_at=None)
        )
        return bool(result.rowcount)

    async def handshake_failed(self, work: UnitOfWork, subscription: Subscription, *, next_at: datetime) -> None:
        """Ask again at `next_at`."""
        await work.execute(update(subscriptions).where(*_as_asked(subscription)).values(next_handshake_at=next_at))

    async def mark_health(
        self, work: UnitOfWork, *, failing: Sequence[UUID], healthy: Sequence[UUID], at: datetime
    ) -> None:
        """Remember since when subscriptions fail, or that they work again."""
        since = subscriptions.c.failing_since
        if failing:
            began = (
                update(subscriptions)
                .where(subscriptions.c.subscription_id.in_(failing), since.is_(None))
                .values(failing_since=at)
            )
            await work.execute(began)
        if healthy:
            ended = (
                update(subscriptions)
                .where(subscriptions.c.subscription_id.in_(healthy), since.is_not(None))
                .values(failing_since=None)
            )
            await work.execute(ended)

    async def of_channels(
        self, work: UnitOfWork, channels: Sequence[str], organization_ids: Sequence[UUID]
    ) -> Sequence[UUID]:
        """Return the subscriptions of these organizations by these channels, in whatever state."""
        rows = await work.execute(
            select(subscriptions.c.subscription_id).where(
                subscriptions.c.organization_id == any_(literal(list(organization_ids), UUIDS)),
                subscriptions.c.channel.in_(channels),
            )
        )
        return list(rows.scalars())


def _is_one_of(subscription_ids: Sequence[UUID]) -> ColumnElement[bool]:
    return subscriptions.c.subscription_id == any_(literal(list(subscription_ids), UUIDS))


def _as_asked(subscription: Subscription) -> tuple[Any, ...]:
    return (
        subscriptions.c.subscription_id == subscription.subscription_id,
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
        channel=row.channel,
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
        ended_at=row.ended_at,
    )
