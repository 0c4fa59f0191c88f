"""Ask one new endpoint whether it wants our events; when it does, everything held for it is due."""

from __future__ import annotations

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.domain.deliveries import DueHandshake
from unavez_notifier.domain.retries import GIVE_UP_AFTER, next_handshake_at
from unavez_notifier.domain.subscriptions import DisabledReason
from unavez_notifier.use_cases.end_subscriptions import disable_subscriptions
from unavez_shared.persistence.database import Database


async def verify_endpoint(asked: DueHandshake, database: Database, stores: Stores) -> None:
    """Make one handshake and store its result; an endpoint that never answers is disabled after three days."""
    agreed = await stores.channels[asked.subscription.channel].verify(asked.subscription.endpoint)
    async with database.transaction() as work:
        now = work.now()
        if agreed:
            # Locked first: an event appended meanwhile is either held before this, or finds the endpoint verified.
            await stores.feeds.lock(work, asked.subscription.feed)
            if not await stores.subscriptions.verified(work, asked.subscription, at=now):
                return
            await stores.deliveries.release(work, asked.subscription.subscription_id, at=now)
            work.record("subscription_verified", subject_id=asked.subscription.subscription_id)
            stores.wakes.for_deliveries(work)
        elif now - asked.since >= GIVE_UP_AFTER:
            lost = [asked.subscription.subscription_id]
            await disable_subscriptions(lost, DisabledReason.FAILING, work, stores, at=now)
        else:
            next_at = next_handshake_at(attempts=asked.attempts, now=now)
            await stores.subscriptions.handshake_failed(work, asked.subscription, next_at=next_at)
