"""At a start after the upgrade: webhooks a frontline token made or changed end (SAFETY N10). Later starts find none."""

from __future__ import annotations

from unavez_notifier.use_cases.end_subscriptions import end_subscriptions
from unavez_notifier.use_cases.ports import Transactions
from unavez_shared.clock import Clock


async def end_frontline_subscriptions(*, transactions: Transactions, clock: Clock, demo: bool) -> None:
    """End them like any other: the coordinators, whose feed it was, and the endpoint itself read that it is over."""
    async with transactions() as work:
        for one in await end_subscriptions(
            await work.subscriptions.made_by_frontline(), work, at=clock.now(), demo=demo
        ):
            work.record("subscription_deleted", subject_id=one.subscription_id, reason="frontline")
