"""A new plan: drafts, work for people, what nobody can give."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from unavez_referral_router.domain.matching.service import Service
from unavez_referral_router.domain.plan.consent import Cover
from unavez_referral_router.domain.plan.plan import VITAL, Awaits, Plan, PlanItem, Unmet
from unavez_referral_router.domain.referrals.decisions.opening import HOLD_LIFTED, open_plan
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.states import Status
from unavez_shared.protocol.vocabulary import REPORTER_ADVICE
from unavez_tests.referral_parts import NOW, SHELTER, a_dossier, a_house, a_plan, a_row, a_rule, a_service


def opened(plan: Plan, *services: Service, confirmed_by: str | None = None) -> Dossier:
    dossier = a_dossier(plan, *services, confirmed_by=confirmed_by)
    open_plan(dossier)
    return dossier


def codes(dossier: Dossier) -> set[str]:
    return {task.code for task in dossier.changes.tasks}


def test_each_row_somebody_could_take_is_one_draft_and_a_row_nobody_could_take_has_ended() -> None:
    service = a_service()
    none = Unmet("NO-PSY", "PSY-CEM", "none_exists")
    dossier = opened(a_plan(a_row(service), a_row(number=1, unmet=none)), service)
    (draft,) = dossier.referrals.values()
    assert (draft.status, draft.row_number, draft.organization_id) == (Status.DRAFT, 0, None)
    assert dossier.record.ended == {1}
    assert [(need.row_number, need.reason) for need in dossier.changes.unmet] == [(1, "none_exists")]


def test_a_referral_is_due_as_many_hours_after_the_interview_as_its_row_says() -> None:
    service = a_service()
    dossier = a_dossier(a_plan(a_row(service, due_hours=12)), service, confirmed_by=None)
    dossier.case = replace(dossier.case, captured_at=NOW - timedelta(hours=5))
    open_plan(dossier)
    assert [draft.due_at for draft in dossier.referrals.values()] == [NOW + timedelta(hours=7)]


def test_vital_interest_is_offered_at_once_and_all_else_waits_for_a_worker() -> None:
    vital, other = a_service("HLT-EMER"), a_service()
    rows = (a_row(vital, rules=(a_rule(VITAL),)), a_row(other, number=1))
    dossier = opened(a_plan(*rows), vital, other)
    assert [one.status for one in dossier.referrals.values()] == [Status.REQUESTED, Status.DRAFT]
    confirmed = opened(a_plan(*rows), vital, other, confirmed_by="CW-12")
    assert [one.status for one in confirmed.referrals.values()] == [Status.REQUESTED, Status.REQUESTED]


def test_the_tasks_of_the_plan_are_opened_but_for_the_advice_a_reporter_reads_where_it_reported() -> None:
    plan = a_plan(tasks=(PlanItem("READINESS", ("T1",), 4), PlanItem(REPORTER_ADVICE, (), 24)))
    dossier = opened(plan)
    assert [(task.code, task.due_at) for task in dossier.changes.tasks] == [("READINESS", NOW + timedelta(hours=4))]


def test_that_she_declined_a_shelter_is_recorded_beside_its_list_and_nobody_is_asked() -> None:
    house = a_house()
    dossier = opened(a_plan(a_row(house, refused=True)), house, confirmed_by="CW-12")
    assert dossier.referrals == {}
    assert [(need.service_type, need.reason) for need in dossier.changes.unmet] == [(SHELTER, "survivor_declined")]


def test_against_her_word_somebody_is_asked_and_she_is_told_within_the_hour() -> None:
    service = a_service()
    dossier = opened(a_plan(a_row(service, overridden=True)), service)
    (task,) = dossier.changes.tasks
    assert (task.code, task.due_at, task.row_number) == ("TOLD-FIRST", NOW + timedelta(hours=1), 0)


def test_a_hold_that_fell_for_want_of_its_row_is_a_task_of_the_focal_point() -> None:
    service = a_service()
    for falls, expected in ((True, {HOLD_LIFTED}), (False, {"RELEASE-JUS-FIS"})):
        rule = a_rule(awaits=Awaits(("JUS-FIS",), lifted_if_none=falls))
        assert codes(opened(a_plan(a_row(service, rules=(rule,))), service)) == expected


def test_a_row_that_waits_for_her_consent_stays_a_draft_without_a_task() -> None:
    service = a_service()
    dossier = opened(a_plan(a_row(service, cover=Cover("PSY-CEM"))), service, confirmed_by="CW-12")
    assert [one.status for one in dossier.referrals.values()] == [Status.DRAFT]
    assert codes(dossier) == set()
