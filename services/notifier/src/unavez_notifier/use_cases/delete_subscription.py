"""Delete a subscription. Its feed stays, and says so."""

from __future__ import annotations

from uuid import UUID

from unavez_notifier.use_cases.end_subscriptions import end_subscriptions
from unavez_notifier.use_cases.find_subscription import visible_subscription
from unavez_notifier.use_cases.ports import Transactions
from unavez_shared.clock import Clock
from unavez_shared.contracts.actor import Actor


async def delete_subscription(
    subscription_id: UUID, actor: Actor, *, transactions: Transactions, clock: Clock, demo: bool
) -> None:
    """End it for its owner. Raises `NotYoursError`."""
    async with transactions() as work:
        await visible_subscription(subscription_id, actor, work)
        await end_subscriptions([subscription_id], work, at=clock.now(), demo=demo)
        work.record("subscription_deleted", actor=actor, subject_id=subscription_id)
