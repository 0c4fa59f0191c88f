"""A referral took a step: tell the organization it is offered to, and the team it comes from, what each may hear."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from unavez_notifier.domain import agency_events, team_events
from unavez_notifier.domain.audiences import Audience
from unavez_notifier.domain.feed_events import FeedEvent
from unavez_notifier.domain.reach import FAILING_FOR, unreachable
from unavez_notifier.use_cases.ports import Placed, Work
from unavez_notifier.use_cases.tell import tell
from unavez_shared.contracts.events import (
    DELIVERY_EXHAUSTED,
    REFERRAL_MILESTONE,
    DeliveryExhausted,
    ReferralMilestone,
    ReferralState,
)


async def tell_referrals(
    kind: str, referrals: Sequence[ReferralState], work: Work, *, at: datetime, public_url: str
) -> None:
    """Tell a run of referral facts of one type; a version that is not newer than what was told is dropped.

    `kind` is the internal event's type: what an agency or a team hears carries the same name. A type nobody hears
    (`rescoped`) only moves the version on.
    """
    newer = await work.feeds.newer("referral", [(one.referral_id, one.version) for one in referrals])
    newest = {one.referral_id: one for one in sorted(referrals, key=lambda one: one.version)}
    fresh = [one for one in newest.values() if one.referral_id in newer]
    events: list[FeedEvent] = []
    if kind in agency_events.TOLD_TO_AGENCY:
        events += [agency_events.referral_event(kind, one, at=at, public_url=public_url) for one in fresh]
    if kind in team_events.TOLD_TO_TEAM:
        events += [team_events.referral_event(kind, one, at=at) for one in fresh]
    placed = await tell(events, work, at=at)
    if kind == agency_events.OFFERED:
        await _call_for_the_unreachable(fresh, placed, work, at=at)


async def tell_milestones(
    milestones: Sequence[ReferralMilestone], work: Work, *, at: datetime, public_url: str
) -> None:
    """Tell each receiving organization, on its own referral, that something is to be read there."""
    newer = await work.feeds.newer("milestone", [(one.milestone_id, 1) for one in milestones])
    fresh = {one.milestone_id: one for one in milestones if one.milestone_id in newer}
    kind = REFERRAL_MILESTONE.type
    await tell(
        [agency_events.referral_event(kind, one.referral, at=at, public_url=public_url) for one in fresh.values()],
        work,
        at=at,
    )


async def _call_for_the_unreachable(
    offers: Sequence[ReferralState], placed: Sequence[Placed], work: Work, *, at: datetime
) -> None:
    """Say at once which offers stand in a feed nobody looks at: a person has to call (SAFETY N13)."""
    if not offers:
        return
    organizations = sorted({one.organization_id for one in offers})
    reach = {one.organization_id: one for one in await work.feeds.reach(organizations, failing_before=at - FAILING_FOR)}
    positions = {one.event.subject: one.position for one in placed if one.event.feed.audience is Audience.AGENCY}
    for offer in offers:
        reason = unreachable(reach[offer.organization_id], entered_at=offer.organization_entered_at, now=at)
        if reason is not None:
            data = DeliveryExhausted(
                organization_id=offer.organization_id, referral_id=offer.referral_id, reason=reason
            )
            position = positions[offer.referral_id]
            work.emit(DELIVERY_EXHAUSTED, subject=offer.referral_id, sequence=position, data=data)
