"""Change what a subscription lets through, pause it, resume it; the feed says so. Its endpoint never changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.domain.agency_events import CHANGED, channel_event
from unavez_notifier.domain.filters import check_filters
from unavez_notifier.domain.subscriptions import Filters, Status, Subscription
from unavez_notifier.use_cases.tell import tell
from unavez_notifier.use_cases.tell_exhausted import tell_exhausted
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError
from unavez_shared.persistence.database import UnitOfWork

PATCHABLE: Sequence[str] = ("event_types", "service_types", "districts", "paused")
"""All that may be changed."""


@dataclass(frozen=True, slots=True)
class ChangeSubscription:
    """A merge patch of this subscription: what is not named in `changed` stays as it is."""

    actor: Actor
    before: Subscription
    changed: frozenset[str]
    filters: Filters
    paused: bool


async def change_subscription(command: ChangeSubscription, work: UnitOfWork, stores: Stores) -> Subscription:
    """Apply the patch and return the subscription; what it already says changes nothing and is not published.

    Filters hold for what comes. A paused subscription holds its events until it is resumed and receives only what is
    about itself: the notice of this change. Raises `InvalidInputError` (`unknown_code`) and `ConflictError`
    (`subscription_disabled`).
    """
    before, now = command.before, work.now()
    named = {field: getattr(command.filters, field) for field in command.changed - {"paused"}}
    check_filters(Filters(**named), before.feed.audience)
    if before.status is Status.DISABLED:
        raise ConflictError(Conflict.SUBSCRIPTION_DISABLED)
    after = replace(before, filters=replace(before.filters, **named))
    if "paused" in command.changed:
        after = replace(after, status=_status(before, paused=command.paused))
    if after == before:
        return before
    await stores.subscriptions.change(work, after)
    await _pause_or_resume(before, after, work, stores, at=now)
    notice = channel_event(CHANGED, after.feed, after.subscription_id, at=now, demo=stores.demo)
    await tell([notice], work, stores, at=now)
    work.record("subscription_changed", actor=command.actor, subject_id=after.subscription_id)
    return after


def _status(subscription: Subscription, *, paused: bool) -> Status:
    if paused:
        return Status.PAUSED
    return Status.UNVERIFIED if subscription.verified_at is None else Status.ACTIVE


async def _pause_or_resume(
    before: Subscription, after: Subscription, work: UnitOfWork, stores: Stores, *, at: datetime
) -> None:
    if after.status is before.status:
        return
    if after.status is Status.PAUSED:
        await stores.deliveries.hold(work, after.subscription_id, at=at)
        await tell_exhausted(await stores.deliveries.pending_events(work, [after.subscription_id]), work, stores)
    elif after.status is Status.ACTIVE:
        await stores.deliveries.release(work, after.subscription_id, at=at)
    else:
        await stores.subscriptions.ask_again(work, after.subscription_id, at=at)
        stores.wakes.for_handshakes(work)
