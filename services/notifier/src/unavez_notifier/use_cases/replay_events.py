"""Deliver again what a receiver has lost: the same bytes under the same `webhook-id`."""

from __future__ import annotations

from uuid import UUID

from unavez_notifier.domain.subscriptions import Status
from unavez_notifier.use_cases.find_subscription import visible_subscription
from unavez_notifier.use_cases.ports import Transactions
from unavez_shared.clock import Clock
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError


async def replay_events(
    subscription_id: UUID, actor: Actor, *, after: int, transactions: Transactions, clock: Clock
) -> int:
    """Make everything after `after` due again, never what is older than the subscription (SAFETY N19).

    Returns how many deliveries. Raises `NotYoursError`, `ConflictError` (`subscription_disabled`).
    """
    async with transactions() as work:
        subscription = await visible_subscription(subscription_id, actor, work)
        if subscription.status is Status.DISABLED:
            raise ConflictError(Conflict.SUBSCRIPTION_DISABLED)
        await work.feeds.lock(subscription.feed)
        count = await work.deliveries.replay(subscription, after=after, at=clock.now())
        work.record("subscription_replayed", actor=actor, subject_id=subscription_id)
        work.wake_deliveries()
    return count
