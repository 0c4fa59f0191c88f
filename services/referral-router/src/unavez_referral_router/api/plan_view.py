"""A plan as JSON: the same shape for a preview and for the plan of a case (CONTRACT "Plans")."""

from __future__ import annotations

from typing import Any

from unavez_referral_router.api.task_texts import text_of
from unavez_referral_router.domain.matching.candidates import Candidate
from unavez_referral_router.domain.plan.conditions import IF_CONFIRMED, Progress, withheld_for
from unavez_referral_router.domain.plan.grants import shown_categories
from unavez_referral_router.domain.plan.plan import Avoided, Plan, PlanItem, Row
from unavez_referral_router.domain.referrals import deadlines
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Status
from unavez_referral_router.use_cases.plans import ShownPlan

_NOT_CALLED = {"es": "Unavez no ha llamado: llame usted", "en": "Unavez has not called: you have to"}
"""Beside every row whose service is a telephone (SAFETY N13)."""


def preview_view(plan: Plan) -> dict[str, Any]:
    """Return what would leave once a named worker confirms."""
    view = _plan_view(plan, [_row_view(plan, row, IF_CONFIRMED) for row in plan.rows])
    view["unmet"] = [_unmet(row.unmet.code, row.unmet.service_type, row.unmet.reason) for row in plan.rows if row.unmet]
    return view


def plan_view(shown: ShownPlan) -> dict[str, Any]:
    """Return the plan of a case, with what became of each row."""
    dossier = shown.dossier
    progress = dossier.progress()
    rows = []
    for row in dossier.plan.rows:
        referral = current_referral(dossier, row)
        view = _row_view(dossier.plan, row, progress)
        if referral is not None and referral.status is not Status.DRAFT:
            view["withheld_for"] = None
        view["referral_id"] = None if referral is None else referral.referral_id
        view["referral_status"] = None if referral is None else referral.status.value
        rows.append(view)
    record = dossier.record
    return {
        "plan_id": record.plan_id,
        "case_id": dossier.case.case_id,
        "status": record.status,
        "confirmed_by": record.confirmed_by,
        "second_confirmed_by": record.second_confirmed_by,
        "demo": dossier.case.demo,
        **_plan_view(dossier.plan, rows),
        "unmet": [_unmet(need["code"], need["service_type"], need["reason"]) for need in shown.unmet],
    }


def current_referral(dossier: Dossier, row: Row) -> Referral | None:
    """Return the referral that tells where a row stands: whoever helps, else who is asked, else the last one."""
    made = dossier.of_row(row)
    helping = [referral for referral in made if referral.helped and referral.open]
    asked = [referral for referral in made if referral.status is Status.REQUESTED]
    return next(iter((*helping, *asked, *reversed(made))), None)


def _plan_view(plan: Plan, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "protocol_version": plan.protocol_version,
        "preview_digest": plan.digest,
        "referrals": rows,
        "tasks": [_task(task) for task in plan.tasks],
        "constraints": [_item("code", constraint) for constraint in plan.constraints],
        "suppressed": [_item("service_type", suppressed) for suppressed in plan.suppressed],
        "open_facts": list(plan.open_facts),
        "reporter_avoids": _avoided(plan.reporter_avoids),
    }


def _avoided(avoided: Avoided | None) -> dict[str, Any] | None:
    if avoided is None:
        return None
    return {"organization_ids": list(avoided.organizations), "service_types": list(avoided.service_types)}


def _row_view(plan: Plan, row: Row, progress: Progress) -> dict[str, Any]:
    delivery = row.candidates[0].delivery if row.candidates else None
    return {
        "service_type": row.service_type,
        "jurisdiction": row.jurisdiction,
        "district": row.place,
        "basis": row.basis,
        "due_hours": row.due_hours,
        "respond_hours": deadlines.respond_hours(vital=row.vital, due_hours=row.due_hours, ack_hours=row.ack_hours),
        "rules": [
            {
                "id": rule.id,
                "legal_source": rule.legal_source,
                "confidence": rule.confidence,
                "needs_review": rule.needs_review,
            }
            for rule in row.rules
        ],
        "categories": shown_categories(plan, row, progress),
        "delivery": delivery,
        "notice": _NOT_CALLED if delivery == "call" else None,
        "candidates": [_candidate(candidate) for candidate in row.candidates],
        "withheld_for": withheld_for(plan, row, progress),
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    view: dict[str, Any] = {
        "organization_id": candidate.organization_id,
        "service_id": candidate.service_id,
        "reasons": list(candidate.reasons),
        "score": candidate.score,
    }
    if candidate.service_id is None:
        view["district"] = None
    if candidate.fallback_for is not None:
        view["fallback_for"] = candidate.fallback_for
        view["service_type"] = candidate.service_type
    return view


def _task(task: PlanItem) -> dict[str, Any]:
    text = text_of(task.code)
    return {
        "code": task.code,
        "due_hours": task.due_hours,
        "rules": list(task.rules),
        "text": {"es": text.es, "en": text.en},
    }


def _item(name: str, item: PlanItem) -> dict[str, Any]:
    return {name: item.code, "rules": list(item.rules)}


def _unmet(code: str, service_type: str, reason: str) -> dict[str, str]:
    return {"code": code, "service_type": service_type, "reason": reason}
