"""Change what a subscription lets through, pause it, resume it; the feed says so. Its endpoint never changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from unavez_notifier.adapters.unit_of_work import Transactions, Work
from unavez_notifier.domain.agency_events import CHANGED, channel_event
from unavez_notifier.domain.filters import check_filters
from unavez_notifier.domain.subscriptions import Filters, Status, Subscription
from unavez_notifier.use_cases.read_subscriptions import locked_subscription
from unavez_notifier.use_cases.tell import tell
from unavez_notifier.use_cases.tell_exhausted import tell_exhausted
from unavez_shared.clock import Clock
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError

PATCHABLE: Sequence[str] = ("event_types", "service_types", "districts", "paused")
"""All that may be changed."""


@dataclass(frozen=True, slots=True)
class ChangeSubscription:
    """A merge patch: what is not named in `changed` stays as it is."""

    actor: Actor
    subscription_id: UUID
    changed: frozenset[str]
    filters: Filters
    paused: bool


async def change_subscription(
    command: ChangeSubscription, *, transactions: Transactions, clock: Clock, demo: bool
) -> Subscription:
    """Apply the patch and return the subscription; what it already says changes nothing and is not published.

    Filters hold for what comes. A paused subscription holds its events until it is resumed and receives only what is
    about itself: the notice of this change. Raises `NotYoursError`, `InvalidInputError` (`unknown_code`) and
    `ConflictError` (`subscription_disabled`).
    """
    now = clock.now()
    async with transactions() as work:
        before = await locked_subscription(command.subscription_id, command.actor, work)
        named = {field: getattr(command.filters, field) for field in command.changed - {"paused"}}
        check_filters(Filters(**named), before.feed.audience)
        if before.status is Status.DISABLED:
            raise ConflictError(Conflict.SUBSCRIPTION_DISABLED)
        after = replace(before, filters=replace(before.filters, **named))
        if "paused" in command.changed:
            after = replace(after, status=_status(before, paused=command.paused))
        if after == before:
            return before
        await work.subscriptions.change(after)
        await _pause_or_resume(before, after, work, at=now)
        notice = channel_event(CHANGED, after.feed, after.subscription_id, at=now, demo=demo)
        await tell([notice], work, at=now)
        work.record("subscription_changed", actor=command.actor, subject_id=command.subscription_id)
    return after


def _status(subscription: Subscription, *, paused: bool) -> Status:
    if paused:
        return Status.PAUSED
    return Status.UNVERIFIED if subscription.verified_at is None else Status.ACTIVE


async def _pause_or_resume(before: Subscription, after: Subscription, work: Work, *, at: datetime) -> None:
    if after.status is before.status:
        return
    if after.status is Status.PAUSED:
        await work.deliveries.hold(after.subscription_id, at=at)
        await tell_exhausted(await work.deliveries.pending_events([after.subscription_id]), work)
    elif after.status is Status.ACTIVE:
        await work.deliveries.release(after.subscription_id, at=at)
    else:
        await work.subscriptions.ask_again(after.subscription_id, at=at)
        work.wake_handshakes()
