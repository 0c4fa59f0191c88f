"""At a start after the upgrade: webhooks a frontline token made or changed end (SAFETY N10). Later starts find none."""

from __future__ import annotations

from unavez_notifier.domain.agency_events import ENDED, channel_event
from unavez_notifier.use_cases.ports import Transactions
from unavez_notifier.use_cases.tell import tell
from unavez_shared.clock import Clock


async def end_frontline_subscriptions(*, transactions: Transactions, clock: Clock, demo: bool) -> None:
    """Remove them with everything on its way, and say so in the feed of the coordinators, whose it was."""
    now = clock.now()
    async with transactions() as work:
        for feed in await work.subscriptions.feeds_of_frontline():
            await work.feeds.lock(feed)
            for subscription_id in await work.subscriptions.delete_frontline(feed):
                await tell([channel_event(ENDED, feed, subscription_id, at=now, demo=demo)], work, at=now)
                work.record("subscription_deleted", subject_id=subscription_id, reason="frontline")
