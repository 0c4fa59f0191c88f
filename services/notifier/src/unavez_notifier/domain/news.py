"""What an internal event means to those who listen: whom to tell what, and by which version it is judged old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from unavez_notifier.domain import agency_events, team_events
from unavez_notifier.domain.feed_events import FeedEvent
from unavez_shared.contracts.events import (
    REFERRAL_CANCELLED,
    REFERRAL_DECLINED,
    REFERRAL_EXPIRED,
    REFERRAL_FAILED,
    REFERRAL_MILESTONE,
    PlanState,
    ReferralMilestone,
    ReferralState,
    TaskState,
    UnmetState,
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


@dataclass(frozen=True, slots=True)
class News:
    """One version of one subject, composed for every feed that may hear of it."""

    subject: Subject
    version: int
    events: tuple[FeedEvent, ...]
    """None of them: a version nobody hears of (`rescoped`) only makes older ones old."""
    offer: ReferralState | None = None
    """Set when somebody has to call if no machine reaches the organization (SAFETY N13)."""
    step_said_at: datetime | None = None
    """Set for a step of a referral: every version from its offer on is heard here, and feeds keep their order."""

    def is_early(self, told: int | None, at: datetime) -> bool:
        """Tell whether the step before this one, of which version `told` was the last one told, is still on its way."""
        if self.step_said_at is None or at - self.step_said_at >= EARLY_FOR:
            return False
        return self.offer is None if told is None else self.version > told + 1


def of_referral(kind: str, referral: ReferralState, *, said_at: datetime, at: datetime, public_url: str) -> News:
    """Compose what the organization it is offered to, and the team it comes from, may each hear of a step.

    `kind` is the internal event's type: what an agency or a team hears carries the same name.
    """
    events: list[FeedEvent] = []
    if kind in agency_events.TOLD_TO_AGENCY:
        events.append(agency_events.referral_event(kind, referral, at=at, public_url=public_url))
    if kind in team_events.TOLD_TO_TEAM and referral.team_shown_at is None:
        events.append(team_events.referral_event(kind, referral, at=at))
    offer = referral if kind == agency_events.OFFERED else None
    return News(Subject("referral", referral.referral_id), referral.version, tuple(events), offer, said_at)


def of_shown(referral: ReferralState, version: int, *, at: datetime) -> News:
    """Compose for the team a refusal it was not to see before (ADR 19); who received the offer heard of it then."""
    kind = _REFUSED_AS.get(referral.status)
    events = () if kind is None else (team_events.referral_event(kind, referral, at=at),)
    return News(Subject("shown", referral.referral_id), version, events)


def of_milestone(milestone: ReferralMilestone, *, at: datetime, public_url: str) -> News:
    """Compose for the receiving organization, on its own referral: something is to be read there."""
    event = agency_events.referral_event(REFERRAL_MILESTONE.type, milestone.referral, at=at, public_url=public_url)
    return News(Subject("milestone", milestone.milestone_id), 1, (event,))


def of_plan(plan: PlanState, version: int, *, at: datetime) -> News:
    """Compose for the team: a plan was made, confirmed or superseded."""
    return News(Subject("plan", plan.plan_id), version, (team_events.plan_event(plan, at=at),))


def of_unmet(unmet: UnmetState, version: int, *, at: datetime) -> News:
    """Compose for the team: help could not be found."""
    return News(Subject("unmet", unmet.unmet_id), version, (team_events.unmet_event(unmet, at=at),))


def of_task(task: TaskState, version: int, *, at: datetime) -> News:
    """Compose for the team: a person has something to do."""
    return News(Subject("task", task.task_id), version, (team_events.task_event(task, at=at),))
