"""Read subscriptions and deliveries, within what the caller may see: its organization, and there its own feed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from unavez_notifier.adapters.unit_of_work import Transactions, Work
from unavez_notifier.domain.audiences import SUBSCRIBERS, feed_of
from unavez_notifier.domain.deliveries import DeliveryView
from unavez_notifier.domain.subscriptions import Subscription
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.errors import NotYoursError

MOST_DELIVERIES: Final = 500


async def find_subscription(subscription_id: UUID, actor: Actor, transactions: Transactions) -> Subscription:
    """Return it. Raises `NotYoursError`: it does not exist, or belongs to somebody else or to another feed."""
    async with transactions() as work:
        return await visible_subscription(subscription_id, actor, work)


async def visible_subscription(subscription_id: UUID, actor: Actor, work: Work) -> Subscription:
    """Return it, inside an open transaction. Raises `NotYoursError`.

    A caller whose role has no subscriptions finds what its organization has, and is refused by its role afterwards.
    """
    subscription = await work.subscriptions.get(subscription_id, actor.organization_id)
    if subscription is None or (actor.role in SUBSCRIBERS and subscription.feed != feed_of(actor)):
        raise NotYoursError
    return subscription


async def locked_subscription(subscription_id: UUID, actor: Actor, work: Work) -> Subscription:
    """Return it as it is now, with its feed locked until the transaction ends. Raises `NotYoursError`."""
    found = await visible_subscription(subscription_id, actor, work)
    await work.feeds.lock(found.feed)
    return await visible_subscription(subscription_id, actor, work)


async def list_subscriptions(actor: Actor, transactions: Transactions) -> Sequence[Subscription]:
    """Return every subscription of the caller's feed, oldest first."""
    async with transactions() as work:
        return await work.subscriptions.of_feed(feed_of(actor))


async def list_deliveries(
    subscription_id: UUID, actor: Actor, *, after: int, limit: int, transactions: Transactions
) -> Sequence[DeliveryView]:
    """Return deliveries in feed order, after a position. Raises `NotYoursError`."""
    async with transactions() as work:
        await visible_subscription(subscription_id, actor, work)
        return await work.deliveries.listing(subscription_id, after=after, limit=min(limit, MOST_DELIVERIES))
