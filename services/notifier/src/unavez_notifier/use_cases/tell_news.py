"""Something happened: tell everybody what each may hear, what is new of it, once and in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.domain.agency_events import OFFERED
from unavez_notifier.domain.feed_events import Placed
from unavez_notifier.domain.news import News
from unavez_notifier.domain.reach import FAILING_FOR, Asked, unreachable
from unavez_notifier.use_cases.tell import tell
from unavez_shared.contracts.event_data import DeliveryExhausted, ReferralState
from unavez_shared.contracts.events import DELIVERY_EXHAUSTED
from unavez_shared.messaging.errors import BadSignatureError, EarlyError
from unavez_shared.messaging.runs import without_repeats
from unavez_shared.persistence.database import UnitOfWork


class EarlyStepError(EarlyError):
    """The step before this one has not been told yet."""

    code = "early_step"


async def tell_news(news: Sequence[News], work: UnitOfWork, stores: Stores, *, at: datetime) -> None:
    """Tell what is newer than what was told, in order; the rest is dropped.

    Raises EarlyStepError when a step came before the one it follows: it waits (parked) until that one is told.
    Raises BadSignatureError for a step its producer would have signed (SAFETY N6).
    However many kinds of news come together, they are told in one go: the cost is that of a batch, not of each kind.
    """
    for part in without_repeats(news, attrgetter("subject")):
        newer = await stores.feeds.newer(work, {one.subject: one.mark for one in part})
        fresh = [one for one in part if one.subject in newer]
        if any(one.is_forged(newer[one.subject], at) for one in fresh):
            raise BadSignatureError("not signed by its producer")
        if any(one.is_early(newer[one.subject], at) for one in fresh):
            raise EarlyStepError
        placed = await tell([event for one in fresh for event in one.events], work, stores, at=at)
        await _call_for_the_unreachable(
            [one.offer for one in fresh if one.offer is not None], placed, work, stores, at=at
        )


async def _call_for_the_unreachable(
    offers: Sequence[ReferralState], placed: Sequence[Placed], work: UnitOfWork, stores: Stores, *, at: datetime
) -> None:
    """Say at once which offers stand in a feed nobody looks at: a person has to call (SAFETY N13)."""
    if not offers:
        return
    asked = [Asked(one.organization_id, one.service_type, one.district) for one in offers]
    reached = await stores.feeds.reach(work, asked, failing_before=at - FAILING_FOR)
    positions = {one.event.subject: one.position for one in placed if one.event.type == OFFERED}
    for offer, reach in zip(offers, reached, strict=True):
        reason = unreachable(reach, entered_at=offer.organization_entered_at, now=at)
        if reason is not None:
            data = DeliveryExhausted(
                organization_id=offer.organization_id, referral_id=offer.referral_id, reason=reason
            )
            position = positions[offer.referral_id]
            work.emit(DELIVERY_EXHAUSTED, subject=offer.referral_id, sequence=position, data=data)
