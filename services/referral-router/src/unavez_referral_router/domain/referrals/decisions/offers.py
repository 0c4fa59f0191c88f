"""Who is asked, and who is asked next: every offer is a referral of its own, to one organization."""

from __future__ import annotations

from dataclasses import replace

from unavez_referral_router.domain.matching.areas import SAFE_DISTRICT
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.misfit import Misfit
from unavez_referral_router.domain.matching.route import RouteStep
from unavez_referral_router.domain.matching.service import Service
from unavez_referral_router.domain.plan.conditions import is_open, leaves, withheld_for
from unavez_referral_router.domain.plan.plan import CONSENT, Row
from unavez_referral_router.domain.referrals import deadlines
from unavez_referral_router.domain.referrals.case import ROUTER
from unavez_referral_router.domain.referrals.changes import MilestoneOrder, TaskOrder, UnmetOrder
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.reasons import NO_PLACE
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Status
from unavez_shared.contracts.event_data import Delivery
from unavez_shared.privacy.ids import random_id, spoken_code
from unavez_shared.protocol.packet import LAWYER

CALL_NOW, HAND_OVER_PAPER, UNMET_NEED, TOLD_FIRST = "CALL_NOW", "HAND_OVER_PAPER", "UNMET-NEED", "TOLD-FIRST"
SECOND_CONFIRMATION, LAWYER_NEEDED = "SECOND-CONFIRMATION", "LAWYER-NEEDED"
COORDINATOR_CONFIRMATION = "COORDINATOR-CONFIRMATION"
PLACEMENT = "placement"
_TASK_HOURS = 24


def settle(dossier: Dossier) -> None:
    """Offer every draft that may leave now, until nothing moves; open the tasks the held ones wait for."""
    moved = True
    while moved:
        moved = False
        for row in dossier.plan.rows:
            draft = dossier.draft_of(row)
            if draft is None or row.number in dossier.record.ended:
                continue
            if leaves(dossier.plan, row, dossier.progress()):
                offer_next(dossier, row, draft)
                moved = True
    _call_what_cannot_wait(dossier)
    _open_hold_tasks(dossier)
    _open_lawyer_task(dossier)


def offer_next(dossier: Dossier, row: Row, draft: Referral | None = None, *, reason: str | None = None) -> bool:
    """Ask the next receiver on the route; nobody left = unmet, and a person is told. Tell whether it was asked."""
    service = _next_on_route(dossier, row)
    if service is None:
        _give_up(dossier, row, reason)
        return False
    base = draft
    if base is None:
        base = _successor(dossier, row)
        dossier.add(base)
    offered = dossier.move(_addressed(dossier, row, base, service), Status.REQUESTED, ROUTER)
    if draft is not None and row.vital and dossier.case.author is not None:
        dossier.changes.joined_calls.append(call_task(CALL_NOW, offered, service, dossier))
    _open_receiver_tasks(dossier, row, offered, service)
    notify_via(dossier, row, "offered")
    return True


def notify_via(dossier: Dossier, row: Row, value: str) -> None:
    """Let the body this row goes through hear, on its own referral, that it was offered or answered."""
    for other in dossier.plan.rows if row.via is not None else ():
        if other.service_type != row.via:
            continue
        for referral in dossier.of_row(other):
            if referral.open and referral.offered_at is not None:
                dossier.changes.milestones.append(MilestoneOrder(referral, PLACEMENT, value))


def _next_on_route(dossier: Dossier, row: Row) -> Service | None:
    asked = dossier.of_row(row)
    services = {referral.service_id for referral in asked}
    doors = {(referral.organization_id, referral.receiving_type) for referral in asked if dossier.is_hidden(referral)}
    waiting = {referral.organization_id for referral in asked if referral.open}
    progress = dossier.progress()
    by_consent_only = all(rule.basis == CONSENT for rule in row.rules if is_open(dossier.plan, row, rule, progress))
    for step in row.route:
        if step.service_id in services or step.organization_id in waiting:
            continue
        if step.houses is not None and (step.organization_id, step.service_type) in doors:
            continue
        if by_consent_only and row.cover.of(step.organization_id, step.service_type) is None:
            continue
        service = _at(step, dossier.directory)
        if service is not None:
            return service
    return None


def _at(step: RouteStep, directory: Directory) -> Service | None:
    """Return the service to ask; for a front door any of its houses will do, for it is asked under none of them."""
    service = directory.get(step.service_id)
    if service is not None and service.receiver_id == step.organization_id:
        return service
    if step.houses is None:
        return None
    return next(iter(directory.houses(step.service_type).get(step.organization_id, ())), None)


def _successor(dossier: Dossier, row: Row) -> Referral:
    latest = dossier.of_row(row)[-1]
    return replace(
        latest,
        referral_id=random_id(),
        referral_code=spoken_code(),
        status=Status.DRAFT,
        version=0,
        accepted_at=None,
        called_at=None,
        escalated_at=None,
        reason=None,
        scope_version=0,
        shown_status=None,
        shown_version=None,
        shown_reason=None,
        asked_at=None,
    )


def _addressed(dossier: Dossier, row: Row, referral: Referral, service: Service) -> Referral:
    hours = deadlines.respond_hours(vital=row.vital, due_hours=row.due_hours, ack_hours=row.ack_hours)
    # Who is called, or handed a sheet, is asked when her team sees it; a machine asks the others at once.
    offered_at = dossier.now if service.delivery == Delivery.SYSTEM else dossier.seen_at
    unplaced = service.confidential or row.jurisdiction == SAFE_DISTRICT or service.district is None
    return replace(
        referral,
        organization_id=service.receiver_id,
        service_id=service.service_id,
        receiving_type=service.service_type,
        department=None if unplaced or service.district is None else service.district[:2],
        entered_at=service.entered_at,
        offered_at=offered_at,
        respond_by=deadlines.after(offered_at, hours),
    )


def _open_receiver_tasks(dossier: Dossier, row: Row, referral: Referral, service: Service) -> None:
    code = {"call": CALL_NOW, "paper": HAND_OVER_PAPER}.get(service.delivery)
    due_at = referral.team_respond_by or dossier.seen_at
    if code is not None:
        dossier.changes.tasks.append(call_task(code, referral, service, dossier))
    # That she refused the row's own service was said when the plan was opened.
    stands_in = service.service_type != row.service_type
    refused_kind = stands_in and service.service_type in dossier.plan.avoided_types
    if refused_kind or service.receiver_id in dossier.plan.avoided:
        dossier.changes.tasks.append(TaskOrder(TOLD_FIRST, due_at, row.number, service_type=row.service_type))


def call_task(code: str, referral: Referral, service: Service | None, dossier: Dossier) -> TaskOrder:
    """Return the order to call, or hand a sheet to, the receiver of a referral. A hidden house has no number here."""
    public = None if service is None or service.confidential else service
    return TaskOrder(
        code,
        referral.team_respond_by or dossier.seen_at,
        referral.row_number,
        referral.referral_id,
        phone=None if public is None else public.phone,
        phone_verified_on=None if public is None else public.phone_verified_on,
        service_type=referral.service_type,
    )


def _give_up(dossier: Dossier, row: Row, reason: str | None) -> None:
    if row.number in dossier.record.ended:
        return
    dossier.end_row(row)
    asked = any(referral.offered_at is not None for referral in dossier.of_row(row))
    # A front door that was not asked (she refuses it), or is full, looks like any that said no (SAFETY N1).
    hidden = any(candidate.service_id is None for candidate in row.candidates)
    why = Misfit.REFUSED if asked or hidden else Misfit.OUT_OF_AREA
    if reason == NO_PLACE and not hidden:
        why = Misfit.FULL
    dossier.changes.unmet.append(UnmetOrder(row.number, row.service_type, row.unmet_code, why.code))
    due_at = deadlines.after(dossier.seen_at, min(row.due_hours, _TASK_HOURS))
    dossier.changes.tasks.append(TaskOrder(UNMET_NEED, due_at, row.number, service_type=row.service_type))


def _call_what_cannot_wait(dossier: Dossier) -> None:
    """Have the team call for each vital row that only a coordinator's confirmation keeps: a life does not wait for it.

    It is of the row, not of the draft: once closed it keeps no later call of the referral from being opened, and while
    it is open when the referral leaves it becomes that call. Who is called is the first on the row's route.
    """
    if not dossier.progress().coordinator_first:
        return
    otherwise = replace(dossier.progress(), coordinator_first=False)
    for row in dossier.plan.rows:
        draft = dossier.draft_of(row)
        if row.vital and draft is not None and leaves(dossier.plan, row, otherwise):
            first = next((found for step in row.route if (found := _at(step, dossier.directory))), None)
            order = replace(call_task(CALL_NOW, draft, first, dossier), referral_id=None)
            if first is not None:
                order = replace(
                    order, receiver_organization_id=first.receiver_id, receiver_service_type=first.service_type
                )
            dossier.changes.tasks.append(order)


def _open_hold_tasks(dossier: Dossier) -> None:
    for row in dossier.plan.rows:
        if dossier.draft_of(row) is None or row.number in dossier.record.ended:
            continue
        due_at = deadlines.after(dossier.seen_at, min(row.due_hours, _TASK_HOURS))
        for reason in withheld_for(dossier.plan, row, dossier.progress()) or ():
            if reason == "coordinator":
                dossier.changes.tasks.append(TaskOrder(COORDINATOR_CONFIRMATION, dossier.now))
            elif reason == "second_confirmer":
                dossier.changes.tasks.append(TaskOrder(SECOND_CONFIRMATION, due_at))
            elif reason.startswith("task:"):
                code = reason.removeprefix("task:")
                dossier.changes.tasks.append(TaskOrder(code, due_at, row.number, service_type=row.service_type))


def _open_lawyer_task(dossier: Dossier) -> None:
    """Say it when crime and account wait for a lawyer whom no row of the plan can bring (any more)."""
    plan = dossier.plan
    if not (plan.lawyer_first and plan.complete) or dossier.progress().has_lawyer:
        return
    if all(row.number in dossier.record.ended for row in plan.rows if row.service_type == LAWYER):
        dossier.changes.tasks.append(TaskOrder(LAWYER_NEEDED, deadlines.after(dossier.seen_at, _TASK_HOURS)))
