"""What an agency is told: composed from an allow-list, never copied from an internal event (SAFETY N7).

Nothing about the person, the case or other agencies; times rounded to 5 minutes (`time` down, `respond_by`
up); ids random and its own.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from unavez_notifier.domain.audiences import Audience, Feed
from unavez_notifier.domain.feed_events import FeedEvent
from unavez_notifier.domain.urgency import Urgency
from unavez_shared.contracts.event_data import ReferralState
from unavez_shared.contracts.events import (
    REFERRAL_CANCELLED,
    REFERRAL_ENTERED_IN_ERROR,
    REFERRAL_EXPIRED,
    REFERRAL_MILESTONE,
    REFERRAL_OFFERED,
)
from unavez_shared.privacy.coarse_time import rounded_down, rounded_up
from unavez_shared.privacy.ids import random_id

OFFERED = REFERRAL_OFFERED.type
TOLD_TO_AGENCY = frozenset(
    event.type
    for event in (
        REFERRAL_OFFERED,
        REFERRAL_CANCELLED,
        REFERRAL_EXPIRED,
        REFERRAL_MILESTONE,
        REFERRAL_ENTERED_IN_ERROR,
    )
)
"""The only facts the offered organization hears: what others did. It knows what it did itself."""

ANNOUNCED = "pe.unavez.subscription.announced.v1"
CHANGED = "pe.unavez.subscription.changed.v1"
"""Its secret was rotated, it was paused or resumed, or its filters changed."""
ENDED = "pe.unavez.subscription.ended.v1"
ENDPOINT_TEST = "pe.unavez.endpoint.test.v1"
NOTICES = (ANNOUNCED, CHANGED, ENDED)
"""What every channel of a feed receives whatever it filters: a channel that comes, changes or goes (SAFETY N19)."""
EVENT_TYPES = (
    *sorted(TOLD_TO_AGENCY),
    "pe.unavez.consent.withdrawn.v1",
    "pe.unavez.information.answered.v1",
    ENDPOINT_TEST,
    *NOTICES,
)
"""What an agency may hear, by contract; whoever filters may name it before the first one is published."""


def referral_event(kind: str, referral: ReferralState, *, at: datetime, public_url: str) -> FeedEvent:
    """Compose the event of type `kind` for the organization the referral is offered to.

    `data` is exactly the contract's eight keys; `service_id` is None for a front door, and `district` is already the
    department, or None for safe_district.
    """
    return FeedEvent(
        feed=Feed(referral.organization_id, Audience.AGENCY),
        id=random_id(),
        type=kind,
        subject=referral.referral_id,
        time=rounded_down(at),
        data={
            "referral_id": str(referral.referral_id),
            "service_type": referral.service_type,
            "service_id": str(referral.service_id) if referral.service_id else None,
            "urgency": referral.urgency,
            "respond_by": rounded_up(referral.respond_by).isoformat(),
            "district": referral.district,
            "packet_url": f"{public_url}/intake/v1/packets/{referral.referral_id}",
            "demo": referral.demo,
        },
        urgency=Urgency.of(referral.urgency),
        service_type=referral.service_type,
        district=referral.district,
    )


def channel_event(kind: str, feed: Feed, subscription_id: UUID, *, at: datetime, demo: bool) -> FeedEvent:
    """Compose an event about a channel itself: a notice to all channels, or a test of this one."""
    return FeedEvent(
        feed=feed,
        id=random_id(),
        type=kind,
        subject=subscription_id,
        time=rounded_down(at),
        data={"subscription_id": str(subscription_id), "demo": demo},
    )
