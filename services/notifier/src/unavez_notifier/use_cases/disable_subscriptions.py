"""Switch subscriptions off, and tell the router which offers nobody was told (SAFETY N13)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from unavez_notifier.domain.audiences import Audience
from unavez_notifier.domain.reach import FAILING_FOR, reads_its_feed
from unavez_notifier.domain.subscriptions import DisabledReason
from unavez_notifier.use_cases.ports import Work
from unavez_shared.contracts.events import (
    DELIVERY_EXHAUSTED,
    SUBSCRIPTION_DISABLED,
    DeliveryExhausted,
    SubscriptionDisabled,
)


async def disable_subscriptions(
    subscription_ids: Sequence[UUID], reason: DisabledReason, work: Work, *, at: datetime
) -> None:
    """Disable; what was on its way is dropped (it stays in the feed), and untold offers become work for a person."""
    if not subscription_ids:
        return
    on_their_way = await work.deliveries.pending_events(subscription_ids)
    disabled = await work.subscriptions.disable(subscription_ids, reason, at=at)
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
    await tell_exhausted(on_their_way, work)


async def _reachable(organization_ids: Collection[UUID], work: Work, *, at: datetime) -> frozenset[UUID]:
    reach = await work.feeds.reach(sorted(organization_ids), failing_before=at - FAILING_FOR)
    return frozenset(one.organization_id for one in reach if one.has_healthy_channel or reads_its_feed(one, at))


async def tell_exhausted(event_ids: Sequence[UUID], work: Work) -> None:
    """Emit `delivery.exhausted` for each of these offers that neither another channel nor the feed has told."""
    if not event_ids:
        return
    for offer in await work.deliveries.untold_offers(event_ids):
        data = DeliveryExhausted(organization_id=offer.organization_id, referral_id=offer.referral_id, reason="failing")
        work.emit(DELIVERY_EXHAUSTED, subject=offer.referral_id, sequence=offer.position, data=data)
