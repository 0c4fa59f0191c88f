"""What a case's team and coordinators hear (SAFETY O5): ids and status only; the rest they read where it is kept.

Each feed gets an event of its own, with an id of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from unavez_notifier.domain.agency_events import ENDPOINT_TEST, NOTICES
from unavez_notifier.domain.audiences import Feed, Pseudonyms, feeds_of_team
from unavez_notifier.domain.feed_events import FeedEvent, Value
from unavez_notifier.domain.urgency import Urgency
from unavez_shared.contracts.event_data import PlanState, ReferralState, TaskState, UnmetState
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

OF_TEAM = ".team"
"""Ends the name of a team event's schema: an agency event of the same type has other data."""

Events = tuple[FeedEvent, ...]


def referral_events(kind: str, referral: ReferralState, *, at: datetime, pseudonyms: Pseudonyms) -> Events:
    """Compose what the team hears about one referral."""
    ids: dict[str, Value] = {"referral_id": str(referral.referral_id), "case_id": str(referral.case_id)}
    feeds = feeds_of_team(referral.team_organization_id, referral.team, pseudonyms)
    data = {**ids, "status": referral.status, "demo": referral.demo}
    return _events(kind, feeds, referral.referral_id, at, data, Urgency.of(referral.urgency))


def plan_events(plan: PlanState, *, at: datetime, pseudonyms: Pseudonyms) -> Events:
    """Compose: a plan was made, confirmed or superseded."""
    ids: dict[str, Value] = {"plan_id": str(plan.plan_id), "case_id": str(plan.case_id)}
    feeds = feeds_of_team(plan.organization_id, plan.team, pseudonyms)
    return _events(PLAN_MADE.type, feeds, plan.plan_id, at, {**ids, "status": plan.status, "demo": plan.demo})


def unmet_events(unmet: UnmetState, *, at: datetime, pseudonyms: Pseudonyms) -> Events:
    """Compose: help she needs could not be found. Which help stands in the plan, not here."""
    ids: dict[str, Value] = {"unmet_id": str(unmet.unmet_id), "case_id": str(unmet.case_id)}
    feeds = feeds_of_team(unmet.organization_id, unmet.team, pseudonyms)
    data = {**ids, "plan_id": str(unmet.plan_id), "status": "unmet", "demo": unmet.demo}
    return _events(NEED_UNMET.type, feeds, unmet.unmet_id, at, data)


def task_events(task: TaskState, *, at: datetime, pseudonyms: Pseudonyms) -> Events:
    """Compose: a person of the team has something to do."""
    ids: dict[str, Value] = {"task_id": str(task.task_id), "case_id": str(task.case_id)}
    feeds = feeds_of_team(task.organization_id, task.team, pseudonyms)
    referral_id = str(task.referral_id) if task.referral_id else None
    data = {**ids, "referral_id": referral_id, "status": task.status, "demo": task.demo}
    return _events(TASK_OPENED.type, feeds, task.task_id, at, data)


def _events(
    kind: str,
    feeds: Sequence[Feed],
    subject: UUID,
    at: datetime,
    data: Mapping[str, Value],
    urgency: Urgency = Urgency.ROUTINE,
) -> Events:
    time = at.replace(microsecond=0)
    return tuple(
        FeedEvent(
            feed=feed,
            id=random_id(),
            type=kind,
            subject=subject,
            time=time,
            data=data,
            urgency=urgency,
            schema=f"{kind}{OF_TEAM}",
        )
        for feed in feeds
    )
