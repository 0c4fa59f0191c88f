"""What the case's team hears (SAFETY O5): ids and status only; the team reads the rest where it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from unavez_notifier.domain.agency_events import ENDPOINT_TEST, NOTICES
from unavez_notifier.domain.audiences import Audience, Feed
from unavez_notifier.domain.feed_events import FeedEvent, Value
from unavez_notifier.domain.urgency import Urgency
from unavez_shared.contracts.events import (
    NEED_UNMET,
    PLAN_MADE,
    REFERRAL_ACCEPTED,
    REFERRAL_CANCELLED,
    REFERRAL_COMPLETED,
    REFERRAL_DECLINED,
    REFERRAL_EXPIRED,
    REFERRAL_FAILED,
    REFERRAL_HELD,
    REFERRAL_STARTED,
    TASK_OPENED,
    PlanState,
    ReferralState,
    TaskState,
    UnmetState,
)
from unavez_shared.privacy.ids import random_id

TOLD_TO_TEAM = frozenset(
    event.type
    for event in (
        REFERRAL_ACCEPTED,
        REFERRAL_DECLINED,
        REFERRAL_STARTED,
        REFERRAL_HELD,
        REFERRAL_COMPLETED,
        REFERRAL_FAILED,
        REFERRAL_EXPIRED,
        REFERRAL_CANCELLED,
    )
)
"""The steps of a referral its team hears about. An offer is the team's own doing."""
EVENT_TYPES = (
    *sorted({PLAN_MADE.type, NEED_UNMET.type, TASK_OPENED.type, *TOLD_TO_TEAM}),
    ENDPOINT_TEST,
    *NOTICES,
)


def referral_event(kind: str, referral: ReferralState, *, at: datetime) -> FeedEvent:
    """Compose what the team hears about one referral."""
    ids: dict[str, Value] = {"referral_id": str(referral.referral_id), "case_id": str(referral.case_id)}
    return _event(
        kind,
        referral.team_organization_id,
        referral.referral_id,
        at,
        {**ids, "status": referral.status, "demo": referral.demo},
        Urgency.of(referral.urgency),
    )


def plan_event(plan: PlanState, *, at: datetime) -> FeedEvent:
    """Compose: a plan was made, confirmed or superseded."""
    ids: dict[str, Value] = {"plan_id": str(plan.plan_id), "case_id": str(plan.case_id)}
    data = {**ids, "status": plan.status, "demo": plan.demo}
    return _event(PLAN_MADE.type, plan.organization_id, plan.plan_id, at, data)


def unmet_event(unmet: UnmetState, *, at: datetime) -> FeedEvent:
    """Compose: help she needs could not be found. Which help stands in the plan, not here."""
    ids: dict[str, Value] = {"unmet_id": str(unmet.unmet_id), "case_id": str(unmet.case_id)}
    data = {**ids, "plan_id": str(unmet.plan_id), "status": "unmet", "demo": unmet.demo}
    return _event(NEED_UNMET.type, unmet.organization_id, unmet.unmet_id, at, data)


def task_event(task: TaskState, *, at: datetime) -> FeedEvent:
    """Compose: a person of the team has something to do."""
    ids: dict[str, Value] = {"task_id": str(task.task_id), "case_id": str(task.case_id)}
    referral_id = str(task.referral_id) if task.referral_id else None
    data = {**ids, "referral_id": referral_id, "status": task.status, "demo": task.demo}
    return _event(TASK_OPENED.type, task.organization_id, task.task_id, at, data)


def _event(
    kind: str,
    organization_id: UUID,
    subject: UUID,
    at: datetime,
    data: Mapping[str, Value],
    urgency: Urgency = Urgency.ROUTINE,
) -> FeedEvent:
    return FeedEvent(
        feed=Feed(organization_id, Audience.TEAM),
        id=random_id(),
        type=kind,
        subject=subject,
        time=at.replace(microsecond=0),
        data=data,
        urgency=urgency,
    )
