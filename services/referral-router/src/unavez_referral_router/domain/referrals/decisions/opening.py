"""A new plan: one draft a row that somebody could take, the work for people, and what nobody can give."""

from __future__ import annotations

from datetime import datetime

from unavez_referral_router.domain.matching.misfit import Misfit
from unavez_referral_router.domain.plan.holds import is_lifted
from unavez_referral_router.domain.plan.plan import Row
from unavez_referral_router.domain.referrals import deadlines
from unavez_referral_router.domain.referrals.changes import TaskOrder, UnmetOrder
from unavez_referral_router.domain.referrals.decisions.offers import TOLD_FIRST, settle
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Status
from unavez_shared.privacy.ids import random_id, spoken_code
from unavez_shared.protocol.vocabulary import REPORTER_ADVICE

HOLD_LIFTED = "HOLD-LIFTED"
_TOLD_FIRST_HOURS = 1


def open_plan(dossier: Dossier) -> None:
    """Make drafts, tasks and unmet needs, then let leave what may leave now."""
    changes = dossier.changes
    for task in dossier.plan.tasks:
        if task.code == REPORTER_ADVICE:
            continue  # read by whoever reported, where he reported: no work for anybody (SAFETY N10)
        due_at = deadlines.after(dossier.now, task.due_hours or 0)
        changes.tasks.append(TaskOrder(task.code, due_at))
    for row in dossier.plan.rows:
        if row.unmet is not None:
            changes.unmet.append(UnmetOrder(row.number, row.unmet.service_type, row.unmet.code, row.unmet.reason))
        if row.refused and row.unmet is None:
            # The list of a shelter does not tell what she avoids (SAFETY N1); that she declined is told to her team.
            declined = UnmetOrder(row.number, row.service_type, row.unmet_code, Misfit.SURVIVOR_DECLINED.code)
            changes.unmet.append(declined)
        if row.refused or not row.candidates:
            dossier.end_row(row)
            continue
        dossier.add(_draft(dossier, row))
        if row.overridden:
            changes.tasks.append(_told_first(dossier, row))
        if any(rule.awaits is not None and is_lifted(dossier.plan, rule.awaits) for rule in row.rules):
            changes.tasks.append(TaskOrder(HOLD_LIFTED, _due(dossier, row), row.number, service_type=row.service_type))
    settle(dossier)


def _told_first(dossier: Dossier, row: Row) -> TaskOrder:
    due_at = deadlines.after(dossier.now, _TOLD_FIRST_HOURS)
    return TaskOrder(TOLD_FIRST, due_at, row.number, service_type=row.service_type)


def _draft(dossier: Dossier, row: Row) -> Referral:
    return Referral(
        referral_id=random_id(),
        referral_code=spoken_code(),
        plan_id=dossier.record.plan_id,
        case_id=dossier.case.case_id,
        team_organization_id=dossier.case.organization_id,
        row_number=row.number,
        service_type=row.service_type,
        jurisdiction=row.jurisdiction,
        district=row.place,
        basis=row.basis,
        urgency=deadlines.urgency(vital=row.vital, due_hours=row.due_hours),
        status=Status.DRAFT,
        version=0,
        due_at=_due(dossier, row),
    )


def _due(dossier: Dossier, row: Row) -> datetime:
    return deadlines.after(dossier.case.captured_at, row.due_hours)
