"""A referral is answered, worked on, ended: what else follows in the plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from unavez_referral_router.domain.referrals.case import ROUTER, StepAuthor
from unavez_referral_router.domain.referrals.changes import TaskOrder
from unavez_referral_router.domain.referrals.decisions.offers import CALL_NOW, call_task, notify_via, offer_next, settle
from unavez_referral_router.domain.referrals.decisions.visibility import clock_seen_from, seen_from, show_row
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Party, Status

VITAL_UNANSWERED = "VITAL-UNANSWERED"
ANSWERED_ELSEWHERE = "answered_elsewhere"
_NEXT_IS_ASKED = frozenset({Status.REJECTED, Status.EXPIRED, Status.FAILED})
_ANSWERS = _NEXT_IS_ASKED | {Status.ACCEPTED, Status.COMPLETED}


def take_step(dossier: Dossier, referral: Referral, to: Status, author: StepAuthor) -> None:
    """Take a step that was found legal and let everything follow that follows from it."""
    if to is Status.ACCEPTED or author.by_team:
        show_row(dossier, referral.row_number)
        referral = dossier.referrals[referral.referral_id]
    with dossier.unseen(seen_from(dossier, referral, to, author)):
        _step(dossier, referral, to, author)


def _step(dossier: Dossier, referral: Referral, to: Status, author: StepAuthor) -> None:
    dossier.record_grants()
    row = dossier.row_of(referral)
    dossier.move(referral, to, author)
    if to in _ANSWERS:
        notify_via(dossier, row, to.value)
    if to is Status.ACCEPTED:
        _withdraw_other_offers(dossier, referral)
    elif to in _NEXT_IS_ASKED or (to is Status.CANCELLED and author.party is Party.AGENCY):
        if not any(other.helped and other.open for other in dossier.of_row(row)):
            _ask_next(dossier, referral, author)
    elif not any(other.open for other in dossier.of_row(row)) and to is not Status.COMPLETED:
        dossier.end_row(row)
    settle(dossier)
    dossier.record_rescoped()


def expire(dossier: Dossier, referral: Referral) -> None:
    """`respond_by` passed. A vital offer is not taken back: the next is asked as well, and a person is told."""
    row = dossier.row_of(referral)
    if not row.vital:
        take_step(dossier, referral, Status.EXPIRED, replace(ROUTER, reason="no_answer"))
        return
    dossier.put(replace(referral, escalated_at=dossier.now))
    with dossier.unseen(clock_seen_from(dossier, referral, referral.respond_by or dossier.now)):
        due_at, kind = dossier.seen_at, row.service_type
        order = TaskOrder(VITAL_UNANSWERED, due_at, row.number, referral.referral_id, service_type=kind)
        dossier.changes.tasks.append(order)
        offer_next(dossier, row)
        settle(dossier)


def call(dossier: Dossier, referral: Referral, silent_since: datetime | None = None) -> None:
    """Nobody read or answered a vital offer, or no machine can tell it: somebody really calls (SAFETY N13).

    `silent_since`: when that was clear; None = now.
    """
    service = dossier.directory.get(referral.service_id) if referral.service_id is not None else None
    dossier.put(replace(referral, called_at=dossier.now))
    with dossier.unseen(clock_seen_from(dossier, referral, silent_since or dossier.now)):
        dossier.changes.tasks.append(call_task(CALL_NOW, referral, service, dossier))


def _ask_next(dossier: Dossier, referral: Referral, author: StepAuthor) -> None:
    row = dossier.row_of(referral)
    if any(other.status is Status.REQUESTED for other in dossier.of_row(row)):
        return  # a vital row already asks several
    offer_next(dossier, row, reason=author.reason)


def _withdraw_other_offers(dossier: Dossier, accepted: Referral) -> None:
    row = dossier.row_of(accepted)
    for other in dossier.of_row(row):
        if other.referral_id != accepted.referral_id and other.status is Status.REQUESTED:
            dossier.move(other, Status.CANCELLED, replace(ROUTER, reason=ANSWERED_ELSEWHERE))
