"""Put events into feeds, on their way to subscriptions, and wake whoever waits for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from unavez_notifier.adapters.unit_of_work import Work
from unavez_notifier.domain.feed_events import FeedEvent, Placed


async def tell(events: Sequence[FeedEvent], work: Work, *, at: datetime, only: UUID | None = None) -> Sequence[Placed]:
    """Append the events and create their deliveries, in the caller's transaction.

    `only` names the one subscription they go to, whatever it filters (a test of that channel).
    """
    if not events:
        return ()
    placed = await work.feeds.append(events, at=at, only=only)
    work.wake_deliveries()
    work.wake_readers(sorted({event.feed for event in events}))
    return placed
