"""Store what became of attempts, all in one transaction; say aloud what no machine will deliver any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from unavez_notifier.domain.retries import GIVE_UP_AFTER
from unavez_notifier.domain.subscriptions import DisabledReason
from unavez_notifier.use_cases.disable_subscriptions import disable_subscriptions, tell_exhausted
from unavez_notifier.use_cases.ports import Settlement, Work


async def settle_attempts(settlements: Sequence[Settlement], work: Work, *, at: datetime) -> None:
    """Settle a batch: delivered, to be tried again, exhausted after three days, or refused for good (410)."""
    await work.deliveries.settle([one for one in settlements if one.status != "gone"], at=at)
    await _remember_health(settlements, work, at=at)
    gone = _subscriptions(settlements, "gone")
    if gone:
        await disable_subscriptions(gone, DisabledReason.GONE, work, at=at)
    exhausted = [one for one in settlements if one.status == "exhausted"]
    if exhausted:
        await tell_exhausted([one.due.event_id for one in exhausted], work)
        dead = {one.due.subscription_id for one in exhausted if _fails_for_days(one, at)}
        await disable_subscriptions(sorted(dead), DisabledReason.FAILING, work, at=at)


async def _remember_health(settlements: Sequence[Settlement], work: Work, *, at: datetime) -> None:
    last = {one.due.subscription_id: one for one in settlements}
    failing = [key for key, one in last.items() if one.status != "delivered" and one.due.failing_since is None]
    healthy = [key for key, one in last.items() if one.status == "delivered" and one.due.failing_since is not None]
    await work.subscriptions.mark_health(failing=sorted(failing), healthy=sorted(healthy), at=at)


def _fails_for_days(settlement: Settlement, at: datetime) -> bool:
    since = settlement.due.failing_since
    return since is not None and at - since >= GIVE_UP_AFTER


def _subscriptions(settlements: Sequence[Settlement], status: str) -> list[UUID]:
    return sorted({one.due.subscription_id for one in settlements if one.status == status})
