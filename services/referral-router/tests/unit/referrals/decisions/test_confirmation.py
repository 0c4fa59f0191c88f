"""Who confirms a plan, and what that answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from unavez_referral_router.domain.plan.plan import VITAL, Plan
from unavez_referral_router.domain.referrals.decisions.confirmation import Confirmer, confirm, first_record, release
from unavez_referral_router.domain.referrals.decisions.opening import open_plan
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.states import Status
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError
from unavez_tests.referral_parts import NOW, a_dossier, a_plan, a_row, a_rule, a_service

WORKER, COLLEAGUE = Confirmer("CW-12"), Confirmer("CW-13")
COORDINATOR = Confirmer("CW-01", coordinator=True)
SERVICE = a_service()
ORDINARY = a_plan(a_row(SERVICE))
SECOND = a_plan(a_row(SERVICE, rules=(a_rule(second_confirmer=True),)))
GUARDED = a_rule(VITAL, open_guards=("police_involved",))
ANSWERED_DRAFT = a_plan(a_row(SERVICE, rules=(a_rule(VITAL),)), complete=False)
DRAFT = a_plan(a_row(SERVICE, rules=(GUARDED,)), complete=False)


def opened(plan: Plan, confirmed_by: str | None = None, **changed: Any) -> Dossier:
    dossier = a_dossier(plan, SERVICE, confirmed_by=confirmed_by)
    dossier.record = replace(dossier.record, **changed)
    open_plan(dossier)
    return dossier


def statuses(dossier: Dossier) -> set[Status]:
    return {referral.status for referral in dossier.referrals.values()}


def test_confirming_lets_leave_what_may_and_again_changes_nothing() -> None:
    dossier = opened(ORDINARY)
    assert statuses(dossier) == {Status.DRAFT}
    assert confirm(dossier, WORKER, second=None)
    assert (dossier.record.confirmed_by, statuses(dossier)) == ("CW-12", {Status.REQUESTED})
    assert not confirm(dossier, WORKER, second=None)


def test_a_coordinator_who_did_not_confirm_first_is_the_second_person() -> None:
    dossier = opened(SECOND, "CW-12")
    assert confirm(dossier, COORDINATOR, second=None)
    assert (dossier.record.second_confirmed_by, statuses(dossier)) == ("CW-01", {Status.REQUESTED})


def test_the_second_person_stays_who_she_is_when_another_coordinator_confirms() -> None:
    dossier = opened(SECOND, "CW-12", second_confirmed_by="CW-01", guards_answered=True)
    assert not confirm(dossier, Confirmer("CW-02", coordinator=True), second=None)
    assert dossier.record.second_confirmed_by == "CW-01"


@pytest.mark.parametrize(
    ("plan", "confirmed_by", "by", "second", "conflict"),
    [
        (SECOND, None, WORKER, True, Conflict.NOT_CONFIRMED_YET),
        (SECOND, "CW-12", WORKER, True, Conflict.SAME_PERSON),
        (SECOND, "CW-01", COORDINATOR, True, Conflict.SAME_PERSON),
        (SECOND, "CW-12", COLLEAGUE, True, Conflict.COORDINATOR_NEEDED),
        (a_plan(complete=False), None, WORKER, None, Conflict.INTAKE_NOT_COMPLETE),
        (ANSWERED_DRAFT, None, WORKER, None, Conflict.INTAKE_NOT_COMPLETE),
    ],
)
def test_who_cannot_confirm_reads_why(
    plan: Plan, confirmed_by: str | None, by: Confirmer, second: bool | None, conflict: Conflict
) -> None:
    with pytest.raises(ConflictError) as raised:
        confirm(opened(plan, confirmed_by), by, second=second)
    assert raised.value.conflict is conflict


def test_a_colleague_who_confirms_again_is_told_that_a_coordinator_is_needed_only_while_one_is() -> None:
    waits = opened(SECOND, "CW-12", guards_answered=True)
    with pytest.raises(ConflictError):
        confirm(waits, COLLEAGUE, second=None)
    assert not confirm(waits, COLLEAGUE, second=False)
    assert not confirm(opened(ORDINARY, "CW-12", guards_answered=True), COLLEAGUE, second=None)


def test_a_draft_is_confirmed_by_nobody_and_its_vital_guard_is_answered_all_the_same() -> None:
    dossier = opened(DRAFT)
    assert statuses(dossier) == {Status.DRAFT}
    assert confirm(dossier, WORKER, second=None)
    assert (dossier.record.confirmed_by, dossier.record.guards_answered) == (None, True)
    assert statuses(dossier) == {Status.REQUESTED}


def test_the_coordinator_that_is_waited_for_lets_all_leave_in_one_step_unless_she_registered_it_herself() -> None:
    dossier = opened(ORDINARY, waits_since=NOW)
    confirm(dossier, WORKER, second=None)
    assert (dossier.record.status, statuses(dossier)) == ("proposed", {Status.DRAFT})
    dossier.case = replace(dossier.case, author="CW-01")
    assert not COORDINATOR.may_let_go(dossier.case)
    dossier.case = replace(dossier.case, author="CW-12")
    assert confirm(dossier, COORDINATOR, second=None)
    assert (dossier.record.status, statuses(dossier)) == ("confirmed", {Status.REQUESTED})


@pytest.mark.parametrize(
    ("role", "own", "coordinates"),
    [(Role.COORDINATOR, True, True), (Role.COORDINATOR, False, False), (Role.FRONTLINE, True, False)],
)
def test_a_coordinator_is_one_of_the_organization_of_the_case(role: Role, own: bool, coordinates: bool) -> None:
    case = a_dossier(ORDINARY).case
    actor = Actor(subject="CW-01", role=role, organization_id=case.organization_id if own else uuid4())
    assert Confirmer.of(actor, case) == Confirmer("CW-01", coordinates)


@pytest.mark.parametrize(
    ("plan", "confirmed_by", "confirmed", "answered"),
    [
        (ORDINARY, "CW-12", "CW-12", False),
        (ORDINARY, None, None, False),
        (DRAFT, "CW-12", None, False),
        (a_plan(a_row(SERVICE, rules=(GUARDED,), shown=True), complete=False), "CW-12", None, True),
        (a_plan(a_row(SERVICE, rules=(GUARDED,), shown=True), complete=False), None, None, False),
    ],
)
def test_an_intake_posted_with_a_worker_is_confirmed_and_a_draft_answers_the_guards_it_showed(
    plan: Plan, confirmed_by: str | None, confirmed: str | None, answered: bool
) -> None:
    record = first_record(uuid4(), plan, confirmed_by)
    assert (record.confirmed_by, record.guards_answered) == (confirmed, answered)


def test_a_completed_task_lifts_the_hold_of_its_row_and_of_no_other() -> None:
    rule = a_rule(task="READINESS")
    dossier = opened(a_plan(a_row(SERVICE, rules=(rule,)), a_row(a_service(), number=1, rules=(rule,))), "CW-12")
    release(dossier, 0, "READINESS")
    assert [one.status for one in dossier.referrals.values()] == [Status.REQUESTED, Status.DRAFT]
