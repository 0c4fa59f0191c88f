"""End subscriptions, in the one way there is: the feed says so, and the last message to each endpoint (SAFETY N19)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.channels.registry import TRACED
from unavez_notifier.domain.agency_events import ENDED, channel_event
from unavez_notifier.domain.audiences import Audience
from unavez_notifier.domain.reach import FAILING_FOR, Asked, reads_its_feed
from unavez_notifier.domain.subscriptions import DisabledReason, Subscription
from unavez_notifier.use_cases.tell import tell
from unavez_notifier.use_cases.tell_exhausted import tell_exhausted
from unavez_shared.contracts.event_data import SubscriptionDisabled
from unavez_shared.contracts.events import SUBSCRIPTION_DISABLED
from unavez_shared.persistence.database import UnitOfWork

_SILENT: Final = frozenset({DisabledReason.GONE, DisabledReason.UNSAFE})
"""An endpoint that answered 410 asked for nothing more; one that leads to a hidden house gets nothing (SAFETY N4)."""


async def end_subscriptions(
    subscription_ids: Sequence[UUID],
    work: UnitOfWork,
    stores: Stores,
    *,
    at: datetime,
    reason: DisabledReason | None = None,
) -> Sequence[Subscription]:
    """End any stored subscriptions, of whatever feed and state, and return those for which this is new.

    With a reason they stay as `disabled` for their owner to see; without one they are gone for him at once, and their
    rows as soon as nothing is pending. Each end is published once: `subscription.ended` in its feed, to the other
    channels, and to its own endpoint if that was ever verified and is safe; what was pending is dropped, and offers
    nobody was told become work for a person.
    """
    if not subscription_ids:
        return ()
    before = {one.subscription_id: one for one in await lock_feeds_of(subscription_ids, work, stores)}
    # The last message of one that was disabled is not dropped because its owner deletes the row.
    dropped = [key for key, one in before.items() if one.ended_at is None or reason is not None]
    on_their_way = await stores.deliveries.pending_events(work, dropped)
    stopped = await stores.subscriptions.stop(work, subscription_ids, reason, at=at)
    await stores.deliveries.drop(work, dropped, at=at)
    await _publish([one for one in stopped if before[one.subscription_id].ended_at is None], work, stores, at=at)
    await stores.subscriptions.forget(work, subscription_ids)
    await tell_exhausted(on_their_way, work, stores)
    return stopped


async def lock_feeds_of(subscription_ids: Sequence[UUID], work: UnitOfWork, stores: Stores) -> Sequence[Subscription]:
    """Return the subscriptions with their feeds locked, before anything else is: nobody waits for each other."""
    feeds = {one.feed for one in await stores.subscriptions.of_ids(work, subscription_ids)}
    for feed in sorted(feeds):
        await stores.feeds.lock(work, feed)
    return await stores.subscriptions.of_ids(work, subscription_ids)


async def disable_subscriptions(
    subscription_ids: Sequence[UUID], reason: DisabledReason, work: UnitOfWork, stores: Stores, *, at: datetime
) -> None:
    """Disable those that still work, which the notifier ends by itself: their owner sees why (SAFETY N13).

    The end of each is published as any other end is; the router learns whether anything else reaches the organization.
    """
    disabled = await end_subscriptions(subscription_ids, work, stores, at=at, reason=reason)
    if not disabled:
        return
    reachable = await _reachable({one.feed.organization_id for one in disabled}, work, stores, at=at)
    for subscription in disabled:
        feed = subscription.feed
        said: Literal["gone", "failing"] = "failing" if reason is DisabledReason.FAILING else "gone"
        data = SubscriptionDisabled(
            organization_id=feed.organization_id,
            subscription_id=subscription.subscription_id,
            reason=said,
            reachable=feed.audience is not Audience.AGENCY or feed.organization_id in reachable,
        )
        work.emit(SUBSCRIPTION_DISABLED, subject=data.subscription_id, sequence=subscription.version, data=data)
        work.record("subscription_disabled", subject_id=data.subscription_id, reason=reason.value)


async def end_frontline_subscriptions(work: UnitOfWork, stores: Stores) -> None:
    """End, at the first start after the upgrade, what a frontline token made or changed (SAFETY N10).

    It ends like any other: the coordinators, whose feed it was, and the endpoint itself read that it is over. Later
    starts find none.
    """
    made = await stores.subscriptions.made_by_frontline(work)
    for one in await end_subscriptions(made, work, stores, at=work.now()):
        work.record("subscription_deleted", subject_id=one.subscription_id, reason="frontline")


async def _publish(ending: Sequence[Subscription], work: UnitOfWork, stores: Stores, *, at: datetime) -> None:
    """Append the ends, and send each to its own endpoint where that may be."""
    events = [channel_event(ENDED, one.feed, one.subscription_id, at=at, demo=stores.demo) for one in ending]
    placed = {one.event.subject: one for one in await tell(events, work, stores, at=at)}
    last = [
        placed[one.subscription_id]
        for one in ending
        if one.verified_at is not None
        and one.disabled_reason not in _SILENT
        and not (one.channel in TRACED and await stores.services.runs_hidden_service(work, one.feed.organization_id))
    ]
    if last:
        await stores.deliveries.add_last(work, last, at=at)


async def _reachable(
    organization_ids: Collection[UUID], work: UnitOfWork, stores: Stores, *, at: datetime
) -> frozenset[UUID]:
    reach = await stores.feeds.reach(
        work, [Asked(one) for one in sorted(organization_ids)], failing_before=at - FAILING_FOR
    )
    return frozenset(one.organization_id for one in reach if one.has_healthy_channel or reads_its_feed(one, at))
