"""End a subscription. Its feed stays."""

from __future__ import annotations

from uuid import UUID

from unavez_notifier.use_cases.find_subscription import visible_subscription
from unavez_notifier.use_cases.ports import Transactions
from unavez_shared.contracts.actor import Actor


async def delete_subscription(subscription_id: UUID, actor: Actor, *, transactions: Transactions) -> None:
    """Remove it with everything on its way. Raises `NotYoursError`."""
    async with transactions() as work:
        await visible_subscription(subscription_id, actor, work)
        await work.subscriptions.delete(subscription_id)
        work.record("subscription_deleted", actor=actor, subject_id=subscription_id)
