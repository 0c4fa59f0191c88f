"""Read subscriptions and deliveries, within what the caller may see: its organization, and there its own feed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.domain.audiences import SUBSCRIBERS, feed_of
from unavez_notifier.domain.deliveries import DeliveryView
from unavez_notifier.domain.subscriptions import Subscription
from unavez_shared.contracts.actor import Actor
from unavez_shared.persistence.database import UnitOfWork

MOST_DELIVERIES: Final = 500


async def find_subscription(
    subscription_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores
) -> Subscription | None:
    """Return it; None when it does not exist, or belongs to somebody else or to another feed.

    A caller whose role has no subscriptions finds what its organization has, and is refused by its role afterwards.
    """
    subscription = await stores.subscriptions.get(work, subscription_id, actor.organization_id)
    if subscription is None or (actor.role in SUBSCRIBERS and subscription.feed != feed_of(actor)):
        return None
    return subscription


async def locked_subscription(
    subscription_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores
) -> Subscription | None:
    """Return it with its feed locked until the transaction ends; None as above."""
    if actor.role in SUBSCRIBERS:
        await stores.feeds.lock(work, feed_of(actor))
    return await find_subscription(subscription_id, actor, work, stores)


async def list_subscriptions(actor: Actor, work: UnitOfWork, stores: Stores) -> Sequence[Subscription]:
    """Return every subscription of the caller's feed, oldest first."""
    return await stores.subscriptions.of_feed(work, feed_of(actor))


async def list_deliveries(
    subscription: Subscription, work: UnitOfWork, stores: Stores, *, after: int, limit: int
) -> Sequence[DeliveryView]:
    """Return deliveries in feed order, after a position."""
    most = min(limit, MOST_DELIVERIES)
    return await stores.deliveries.listing(work, subscription.subscription_id, after=after, limit=most)
