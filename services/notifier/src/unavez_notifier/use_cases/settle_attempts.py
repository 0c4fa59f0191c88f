"""Store what became of attempts, all in one transaction; say aloud what no machine will deliver any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.domain.deliveries import Settlement
from unavez_notifier.domain.retries import GIVE_UP_AFTER
from unavez_notifier.domain.subscriptions import DisabledReason
from unavez_notifier.use_cases.end_subscriptions import disable_subscriptions, lock_feeds_of
from unavez_notifier.use_cases.tell_exhausted import tell_exhausted
from unavez_shared.persistence.database import UnitOfWork


async def settle_attempts(settlements: Sequence[Settlement], work: UnitOfWork, stores: Stores, *, at: datetime) -> None:
    """Settle a batch: delivered, to be tried again, exhausted after three days, or refused for good (410)."""
    gone = sorted({one.due.subscription_id for one in settlements if one.status == "gone"})
    exhausted = [one for one in settlements if one.status == "exhausted"]
    dead = sorted({one.due.subscription_id for one in exhausted if _fails_for_days(one, at)})
    if gone or dead:
        await lock_feeds_of([*gone, *dead], work, stores)
    await stores.deliveries.settle(work, [one for one in settlements if one.status != "gone"], at=at)
    await _remember_health(settlements, work, stores, at=at)
    await disable_subscriptions(gone, DisabledReason.GONE, work, stores, at=at)
    await tell_exhausted([one.due.event_id for one in exhausted], work, stores)
    await disable_subscriptions(dead, DisabledReason.FAILING, work, stores, at=at)
    over = [one.due.subscription_id for one in settlements if one.due.is_last]
    if over:
        await stores.subscriptions.forget(work, over)


async def _remember_health(
    settlements: Sequence[Settlement], work: UnitOfWork, stores: Stores, *, at: datetime
) -> None:
    last = {one.due.subscription_id: one for one in settlements}
    failing = [key for key, one in last.items() if one.status != "delivered" and one.due.failing_since is None]
    healthy = [key for key, one in last.items() if one.status == "delivered" and one.due.failing_since is not None]
    await stores.subscriptions.mark_health(work, failing=sorted(failing), healthy=sorted(healthy), at=at)


def _fails_for_days(settlement: Settlement, at: datetime) -> bool:
    since = settlement.due.failing_since
    return since is not None and at - since >= GIVE_UP_AFTER
