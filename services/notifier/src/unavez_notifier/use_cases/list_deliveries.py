"""Show what became of the deliveries of a subscription."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from unavez_notifier.use_cases.find_subscription import visible_subscription
from unavez_notifier.use_cases.ports import DeliveryView, Transactions
from unavez_shared.contracts.actor import Actor

MOST_DELIVERIES = 500


async def list_deliveries(
    subscription_id: UUID, actor: Actor, *, after: int, limit: int, transactions: Transactions
) -> Sequence[DeliveryView]:
    """Return deliveries in feed order, after a position. Raises `NotYoursError`."""
    async with transactions() as work:
        await visible_subscription(subscription_id, actor, work)
        return await work.deliveries.listing(subscription_id, after=after, limit=min(limit, MOST_DELIVERIES))
