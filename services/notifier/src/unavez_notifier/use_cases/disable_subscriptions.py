"""Switch subscriptions off, and tell the router which offers nobody was told (SAFETY N13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

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
    for subscription in await work.subscriptions.disable(subscription_ids, reason, at=at):
        said: Literal["gone", "failing"] = "failing" if reason is DisabledReason.FAILING else "gone"
        data = SubscriptionDisabled(
            organization_id=subscription.feed.organization_id,
            subscription_id=subscription.subscription_id,
            reason=said,
        )
        work.emit(SUBSCRIPTION_DISABLED, subject=data.subscription_id, sequence=subscription.version, data=data)
        work.record("subscription_disabled", subject_id=data.subscription_id, reason=reason.value)
    await tell_exhausted(on_their_way, work)


async def tell_exhausted(event_ids: Sequence[UUID], work: Work) -> None:
    """Emit `delivery.exhausted` for each of these offers that neither another channel nor the feed has told."""
    if not event_ids:
        return
    for offer in await work.deliveries.untold_offers(event_ids):
        data = DeliveryExhausted(organization_id=offer.organization_id, referral_id=offer.referral_id, reason="failing")
        work.emit(DELIVERY_EXHAUSTED, subject=offer.referral_id, sequence=offer.position, data=data)
