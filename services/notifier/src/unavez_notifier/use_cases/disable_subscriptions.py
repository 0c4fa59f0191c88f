"""Subscriptions the notifier ends by itself: their owner sees why, and the router what nobody was told (SAFETY N13)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from unavez_notifier.domain.audiences import Audience
from unavez_notifier.domain.reach import FAILING_FOR, Asked, reads_its_feed
from unavez_notifier.domain.subscriptions import DisabledReason
from unavez_notifier.use_cases.end_subscriptions import end_subscriptions
from unavez_notifier.use_cases.ports import Work
from unavez_shared.contracts.event_data import SubscriptionDisabled
from unavez_shared.contracts.events import SUBSCRIPTION_DISABLED


async def disable_subscriptions(
    subscription_ids: Sequence[UUID], reason: DisabledReason, work: Work, *, at: datetime, demo: bool
) -> None:
    """Disable those that still work; the end of each is published as any other end is."""
    disabled = await end_subscriptions(subscription_ids, work, at=at, demo=demo, reason=reason)
    if not disabled:
        return
    reachable = await _reachable({one.feed.organization_id for one in disabled}, work, at=at)
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


async def _reachable(organization_ids: Collection[UUID], work: Work, *, at: datetime) -> frozenset[UUID]:
    reach = await work.feeds.reach([Asked(one) for one in sorted(organization_ids)], failing_before=at - FAILING_FOR)
    return frozenset(one.organization_id for one in reach if one.has_healthy_channel or reads_its_feed(one, at))
