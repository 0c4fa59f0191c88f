"""What was decided is told: one outbox event a fact, written with the fact."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from unavez_referral_router.domain.referrals.changes import MilestoneOrder
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.events import scope_of, state_of
from unavez_referral_router.domain.referrals.saved import NewWork, Saved
from unavez_shared.contracts.event_data import PlanState, ReferralMilestone, ReferralState, TaskState, UnmetState
from unavez_shared.contracts.events import (
    NEED_UNMET,
    PLAN_MADE,
    REFERRAL_MILESTONE,
    REFERRAL_RESCOPED,
    REFERRAL_SHOWN,
    TASK_OPENED,
    EventType,
)
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.ids import random_id


def announce(work: UnitOfWork, saved: Iterable[Saved], *, plan_changed: bool = False) -> None:
    """Queue the events of these dossiers; `plan_changed`: the plan itself was made or confirmed.

    What her team sees late is queued for it when it sees it; for the receiver of a referral all is queued at once.
    """
    for item in saved:
        dossier = item.dossier
        if plan_changed:
            _announce_plan(work, dossier)
        for referral_id in _shown_by_that_alone(dossier):
            _announce_step(work, dossier, REFERRAL_SHOWN, referral_id)
        _announce_work(work, dossier, item.shown)
        for event_type, referral_id in dossier.changes.notices:
            _announce_step(work, dossier, event_type, referral_id)
        for referral_id in dossier.changes.rescoped:
            scope = scope_of(dossier, dossier.referrals[referral_id])
            work.emit(REFERRAL_RESCOPED, subject=referral_id, sequence=scope.scope_version, data=scope)
        for milestone in dossier.changes.milestones:
            _announce_milestone(work, dossier, milestone)
        _announce_work(work, dossier, item.new)


def _shown_by_that_alone(dossier: Dossier) -> list[UUID]:
    """Return what her team sees from now on without a step it sees: the step's own event says the same state."""
    stepped = {one for _, one in dossier.changes.notices if not dossier.referrals[one].unseen(dossier.now)}
    return [referral_id for referral_id in dossier.changes.shown if referral_id not in stepped]


def _announce_plan(work: UnitOfWork, dossier: Dossier) -> None:
    record = dossier.record
    data = PlanState(
        plan_id=record.plan_id,
        case_id=dossier.case.case_id,
        organization_id=dossier.case.organization_id,
        team=dossier.case.persons,
        status=record.status,
        protocol_version=dossier.plan.protocol_version,
        demo=dossier.case.demo,
    )
    work.emit(PLAN_MADE, subject=record.plan_id, sequence=record.version, data=data)


def _announce_milestone(work: UnitOfWork, dossier: Dossier, milestone: MilestoneOrder) -> None:
    referral = dossier.referrals[milestone.referral.referral_id]
    data = ReferralMilestone(
        milestone_id=random_id(),
        referral=state_of(dossier, referral),
        kind=milestone.kind,
        value=milestone.value,
        on=dossier.now,
    )
    work.emit(REFERRAL_MILESTONE, subject=referral.referral_id, sequence=referral.version, data=data)


def _announce_step(work: UnitOfWork, dossier: Dossier, event_type: EventType[ReferralState], referral_id: UUID) -> None:
    referral = dossier.referrals[referral_id]
    work.emit(event_type, subject=referral_id, sequence=referral.version, data=state_of(dossier, referral))


def _announce_work(work: UnitOfWork, dossier: Dossier, new: NewWork) -> None:
    case = dossier.case
    persons = case.persons
    for unmet_id, order in new.unmet.items():
        data = UnmetState(
            unmet_id=unmet_id,
            case_id=case.case_id,
            plan_id=dossier.record.plan_id,
            organization_id=case.organization_id,
            team=persons,
            service_type=order.service_type,
            code=order.code,
            reason=order.reason,
            demo=case.demo,
        )
        work.emit(NEED_UNMET, subject=unmet_id, sequence=1, data=data)
    for task in new.tasks:
        state = TaskState(
            task_id=task.task_id,
            case_id=case.case_id,
            organization_id=case.organization_id,
            team=persons,
            code=task.order.code,
            status="open",
            due_at=task.order.due_at,
            referral_id=task.order.referral_id,
            demo=case.demo,
        )
        work.emit(TASK_OPENED, subject=task.task_id, sequence=1, data=state)
