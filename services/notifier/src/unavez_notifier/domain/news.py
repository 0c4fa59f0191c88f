"""What an internal event means to those who listen: whom to tell what, and by which version it is judged old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from unavez_notifier.domain import agency_events, team_events
from unavez_notifier.domain.audiences import Pseudonyms
from unavez_notifier.domain.feed_events import FeedEvent
from unavez_shared.contracts.event_data import PlanState, ReferralMilestone, ReferralState, TaskState, UnmetState
from unavez_shared.contracts.events import (
    REFERRAL_CANCELLED,
    REFERRAL_COMPLETED,
    REFERRAL_DECLINED,
    REFERRAL_ENTERED_IN_ERROR,
    REFERRAL_EXPIRED,
    REFERRAL_FAILED,
    REFERRAL_MILESTONE,
)
from unavez_shared.messaging.event import Event

_ENDS = frozenset(
    {
        REFERRAL_DECLINED,
        REFERRAL_EXPIRED,
        REFERRAL_COMPLETED,
        REFERRAL_FAILED,
        REFERRAL_CANCELLED,
        REFERRAL_ENTERED_IN_ERROR,
    }
)
EARLY_FOR = timedelta(minutes=2)
"""How long a step waits for the one before it: longer than its producer takes to repeat what the bus lost (ADR 17)."""

_REFUSED_AS = {
    "rejected": REFERRAL_DECLINED.type,
    "expired": REFERRAL_EXPIRED.type,
    "failed": REFERRAL_FAILED.type,
    "cancelled": REFERRAL_CANCELLED.type,
}
"""The event of each state that a team may see later than it came about."""


class Subject(NamedTuple):
    """What is told about. A version that is not newer than what was told of it is dropped."""

    aggregate: str
    id: UUID


class Mark(NamedTuple):
    """By what one version of a subject is judged beside the one before it."""

    version: int
    signed: bool = False
    """The producer signs every step of this referral."""
    closed: bool = False
    """It ends the referral: only another end may follow (SAFETY N6)."""


@dataclass(frozen=True, slots=True)
class News:
    """One version of one subject, composed for every feed that may hear of it."""

    subject: Subject
    mark: Mark
    events: tuple[FeedEvent, ...]
    """None of them: a version nobody hears of only makes older ones old."""
    offer: ReferralState | None = None
    """Set when somebody has to call if no machine reaches the organization (SAFETY N13)."""
    step_said_at: datetime | None = None
    """Set for a step of a referral: every version from its offer on is heard here, and feeds keep their order."""
    unsigned: bool = False
    """A step without the signature its producer gives it today."""

    def is_early(self, before: Mark | None, at: datetime) -> bool:
        """Tell whether the step before this one is still on its way; `before` is the mark of the last one told."""
        if self.step_said_at is None or at - self.step_said_at >= EARLY_FOR:
            return False
        return self.offer is None if before is None else self.mark.version > before.version + 1

    def is_forged(self, before: Mark | None, at: datetime) -> bool:
        """Tell whether a signature is missing: only a referral known from before its producer signed has such steps."""
        if not self.unsigned:
            return False
        return not self.is_early(before, at) if before is None else before.signed


def of_referral(event: Event[ReferralState], *, at: datetime, public_url: str, pseudonyms: Pseudonyms) -> News:
    """Compose what the organization it is offered to, and the team it comes from, may each hear of a step.

    What an agency or a team hears carries the name of the internal event.
    """
    kind, referral = event.event_type.type, event.data
    events: list[FeedEvent] = []
    if kind in agency_events.TOLD_TO_AGENCY:
        events.append(agency_events.referral_event(kind, referral, at=at, public_url=public_url))
    if kind in team_events.TOLD_TO_TEAM and referral.team_shown_at is None:
        events += team_events.referral_events(kind, referral, at=at, pseudonyms=pseudonyms)
    offer = referral if kind == agency_events.OFFERED else None
    mark = Mark(referral.version, signed=referral.signed_steps, closed=event.event_type in _ENDS)
    return News(Subject("referral", referral.referral_id), mark, tuple(events), offer, event.time, event.unsigned)


def of_shown(referral: ReferralState, version: int, *, at: datetime, pseudonyms: Pseudonyms) -> News:
    """Compose for the team a refusal it was not to see before (ADR 19); who received the offer heard of it then."""
    kind = _REFUSED_AS.get(referral.status)
    events = () if kind is None else team_events.referral_events(kind, referral, at=at, pseudonyms=pseudonyms)
    return News(Subject("shown", referral.referral_id), Mark(version), events)


def of_milestone(milestone: ReferralMilestone, *, at: datetime, public_url: str) -> News:
    """Compose for the receiving organization, on its own referral: something is to be read there."""
    event = agency_events.referral_event(REFERRAL_MILESTONE.type, milestone.referral, at=at, public_url=public_url)
    return News(Subject("milestone", milestone.milestone_id), Mark(1), (event,))


def of_plan(plan: PlanState, version: int, *, at: datetime, pseudonyms: Pseudonyms) -> News:
    """Compose for the team: a plan was made, confirmed or superseded."""
    composed = team_events.plan_events(plan, at=at, pseudonyms=pseudonyms)
    return News(Subject("plan", plan.plan_id), Mark(version), composed)


def of_unmet(unmet: UnmetState, version: int, *, at: datetime, pseudonyms: Pseudonyms) -> News:
    """Compose for the team: help could not be found."""
    composed = team_events.unmet_events(unmet, at=at, pseudonyms=pseudonyms)
    return News(Subject("unmet", unmet.unmet_id), Mark(version), composed)


def of_task(task: TaskState, version: int, *, at: datetime, pseudonyms: Pseudonyms) -> News:
    """Compose for the team: a person has something to do."""
    composed = team_events.task_events(task, at=at, pseudonyms=pseudonyms)
    return News(Subject("task", task.task_id), Mark(version), composed)
