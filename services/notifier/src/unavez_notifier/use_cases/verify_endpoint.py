"""Ask one new endpoint whether it wants our events; when it does, everything held for it is due."""

from __future__ import annotations

from unavez_notifier.adapters.unit_of_work import Transactions
from unavez_notifier.channels.registry import Channels
from unavez_notifier.domain.deliveries import DueHandshake
from unavez_notifier.domain.retries import GIVE_UP_AFTER, next_handshake_at
from unavez_notifier.domain.subscriptions import DisabledReason
from unavez_notifier.use_cases.end_subscriptions import disable_subscriptions
from unavez_shared.clock import Clock


async def verify_endpoint(
    asked: DueHandshake, *, transactions: Transactions, channels: Channels, clock: Clock, demo: bool
) -> None:
    """Make one handshake and store its result; an endpoint that never answers is disabled after three days."""
    agreed = await channels[asked.subscription.channel].verify(asked.subscription.endpoint)
    now = clock.now()
    async with transactions() as work:
        if agreed:
            # Locked first: an event appended meanwhile is either held before this, or finds the endpoint verified.
            await work.feeds.lock(asked.subscription.feed)
            if not await work.subscriptions.verified(asked.subscription, at=now):
                return
            await work.deliveries.release(asked.subscription.subscription_id, at=now)
            work.record("subscription_verified", subject_id=asked.subscription.subscription_id)
            work.wake_deliveries()
        elif now - asked.since >= GIVE_UP_AFTER:
            lost = [asked.subscription.subscription_id]
            await disable_subscriptions(lost, DisabledReason.FAILING, work, at=now, demo=demo)
        else:
            next_at = next_handshake_at(attempts=asked.attempts, now=now)
            await work.subscriptions.handshake_failed(asked.subscription, next_at=next_at)
