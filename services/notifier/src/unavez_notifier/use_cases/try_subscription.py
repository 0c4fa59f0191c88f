"""Send a test event through one channel."""

from __future__ import annotations

from uuid import UUID

from unavez_notifier.domain.agency_events import ENDPOINT_TEST, channel_event
from unavez_notifier.domain.subscriptions import Status
from unavez_notifier.use_cases.find_subscription import visible_subscription
from unavez_notifier.use_cases.ports import Placed, Transactions
from unavez_notifier.use_cases.tell import tell
from unavez_shared.clock import Clock
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError


async def try_subscription(
    subscription_id: UUID, actor: Actor, *, transactions: Transactions, clock: Clock, demo: bool
) -> Placed:
    """Append `endpoint.test` to the feed and deliver it to this subscription only, whatever it filters.

    Raises `NotYoursError`, `ConflictError` (`subscription_disabled`).
    """
    now = clock.now()
    async with transactions() as work:
        subscription = await visible_subscription(subscription_id, actor, work)
        if subscription.status is Status.DISABLED:
            raise ConflictError(Conflict.SUBSCRIPTION_DISABLED)
        event = channel_event(ENDPOINT_TEST, subscription.feed, subscription_id, at=now, demo=demo)
        placed = await tell([event], work, at=now, only=subscription_id)
        work.record("subscription_tested", actor=actor, subject_id=subscription_id)
    return placed[0]
