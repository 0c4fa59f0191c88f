"""Put events into feeds, on their way to subscriptions, and wake whoever waits for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.domain.feed_events import FeedEvent, Placed
from unavez_shared.persistence.database import UnitOfWork


async def tell(
    events: Sequence[FeedEvent], work: UnitOfWork, stores: Stores, *, at: datetime, only: UUID | None = None
) -> Sequence[Placed]:
    """Append the events and create their deliveries, in the caller's transaction.

    `only` names the one subscription they go to, whatever it filters (a test of that channel).
    """
    if not events:
        return ()
    placed = await stores.feeds.append(work, events, at=at, only=only)
    stores.wakes.for_deliveries(work)
    stores.wakes.for_readers(work, sorted({event.feed for event in events}))
    return placed
