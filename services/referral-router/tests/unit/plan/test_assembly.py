"""From what the protocol requires to a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.plan.assembly import Situation, make_plan
from unavez_referral_router.domain.plan.inputs import Inputs
from unavez_referral_router.domain.plan.plan import CONSENT, DUTY, VITAL, Awaits, Plan, RuleTerms
from unavez_referral_router.domain.plan.planner import Planner
from unavez_shared.protocol.model import Basis, ConstraintRow, Evaluation, Fallback, Hold, RequiredRow, TaskRow
from unavez_shared.protocol.vocabulary import REPORTER_ADVICE
from unavez_tests.referral_parts import HELP, LIMA, NOW, SHELTER, a_house, a_service

AGREED = Inputs(at=NOW, agreed_to_all=True, unseen_counts=True)
ADULT = {"age": 29, "gender": "F"}
CHILD = {"age": 15, "is_minor": True, "gender": "F"}


def required(service_type: str = HELP, basis: Basis = Basis.CONSENT, **changed: Any) -> RequiredRow:
    return RequiredRow(
        **{
            "service_type": service_type,
            "jurisdiction": "current_district",
            "place": LIMA,
            "basis": basis,
            "due_hours": 24,
            "ack_hours": None,
            "rules": (),
            "fallbacks": (),
            "unmet_code": "NO-PSY",
            **changed,
        }
    )


def planned(
    *rows: RequiredRow,
    facts: Any = ADULT,
    services: Any = (),
    inputs: Inputs = AGREED,
    tasks: tuple[TaskRow, ...] = (),
    constraints: tuple[ConstraintRow, ...] = (),
    with_routes: bool = True,
) -> Plan:
    evaluation = Evaluation("0", rows, tasks, constraints, (), (), ())
    situation = Situation(evaluation, facts, LIMA, inputs, Directory(services), b"k" * 32)
    return make_plan(situation, with_routes=with_routes)


def terms(planner: Planner, facts: Any = ADULT, **changed: Any) -> RuleTerms:
    """Return what the plan keeps of one rule, changed so."""
    rule = replace(planner.pack.rules[0], **changed)
    return planned(required(rules=(rule,)), facts=facts).rows[0].rules[0]


def test_a_second_person_is_asked_for_an_adult_and_not_for_a_child(planner: Planner) -> None:
    assert terms(planner, second_confirmer=True).second_confirmer
    assert not terms(planner, CHILD, second_confirmer=True).second_confirmer
    assert not terms(planner, second_confirmer=False).second_confirmer


def test_a_guard_is_open_until_its_fact_is_known_whatever_the_answer(planner: Planner) -> None:
    guards = ("danger", "police_involved")
    assert terms(planner, guards=guards).open_guards == guards
    assert terms(planner, {**ADULT, "danger": False}, guards=guards).open_guards == ("police_involved",)


def test_a_hold_waits_for_services_for_a_task_or_for_neither(planner: Planner) -> None:
    of_services = terms(planner, hold_until=Hold(services=("JUS-FIS",), lift_if_none=True))
    assert (of_services.awaits, of_services.task) == (Awaits(("JUS-FIS",), lifted_if_none=True), None)
    of_task = terms(planner, hold_until=Hold(task="READINESS"))
    assert (of_task.awaits, of_task.task) == (None, "READINESS")
    neither = terms(planner, hold_until=None)
    assert (neither.awaits, neither.task) == (None, None)


@pytest.mark.parametrize(("code", "waits"), [("LAWYER-FIRST", True), ("NO-POLICE", False)])
def test_her_account_waits_for_a_lawyer_only_where_a_rule_says_so(code: str, waits: bool) -> None:
    assert planned(constraints=(ConstraintRow(code, ()),)).lawyer_first is waits


def test_rows_are_numbered_in_the_order_of_the_protocol() -> None:
    plan = planned(required(), required("HLT-CSMC"), required(SHELTER))
    assert [(row.number, row.service_type) for row in plan.rows] == [(0, HELP), (1, "HLT-CSMC"), (2, SHELTER)]


def test_a_preview_lists_who_could_help_and_knows_no_route() -> None:
    house = a_house()
    (row,) = planned(required(SHELTER), services=[house], with_routes=False).rows
    assert [candidate.organization_id for candidate in row.candidates] == [house.front_door_id]
    assert row.route == ()
    assert planned(required(SHELTER), services=[house]).rows[0].route != ()


def test_a_preview_has_the_digest_of_the_plan_that_follows() -> None:
    services = [a_service(), a_house()]
    rows = (required(), required(SHELTER))
    assert planned(*rows, services=services, with_routes=False).digest == planned(*rows, services=services).digest


def test_a_draft_plans_vital_interest_alone_and_no_task() -> None:
    rows = (required(), required("JUS-FIS", Basis.LEGAL_DUTY), required("HLT-EMER", Basis.VITAL_INTEREST))
    plan = planned(*rows, inputs=replace(AGREED, complete=False), tasks=(TaskRow("READINESS", 1, ()),))
    assert [row.basis for row in plan.rows] == [VITAL]
    assert plan.tasks == ()
    assert [row.basis for row in planned(*rows).rows] == [CONSENT, DUTY, VITAL]


def test_the_row_of_a_shelter_names_no_district() -> None:
    plan = planned(required(), required(SHELTER))
    assert [row.place for row in plan.rows] == [LIMA, None]


def test_a_service_she_refuses_has_no_candidates_and_says_that_she_declined() -> None:
    inputs = replace(AGREED, avoided_types=frozenset({HELP}))
    (row,) = planned(required(), services=[a_service()], inputs=inputs).rows
    assert (row.refused, row.candidates, row.route) == (True, (), ())
    assert row.unmet is not None
    assert row.unmet.reason == "survivor_declined"


def test_a_shelter_she_refuses_keeps_its_list_and_is_not_asked() -> None:
    inputs = replace(AGREED, avoided_types=frozenset({SHELTER}))
    (row,) = planned(required(SHELTER), services=[a_house()], inputs=inputs).rows
    assert (row.refused, len(row.candidates), row.route, row.unmet) == (True, 1, (), None)


@pytest.mark.parametrize("basis", [Basis.VITAL_INTEREST, Basis.LEGAL_DUTY])
def test_a_childs_refusal_of_what_is_vital_or_due_is_overridden(basis: Basis) -> None:
    inputs = replace(AGREED, avoided_types=frozenset({HELP}))
    (row,) = planned(required(basis=basis), facts=CHILD, services=[a_service()], inputs=inputs).rows
    assert (row.refused, row.overridden, len(row.route)) == (False, True, 1)


def test_what_nobody_gives_is_an_unmet_need_and_what_a_stand_in_gives_too() -> None:
    stand_in = a_service("PSY-NGO")
    nobody, replaced = planned(required(), required(fallbacks=(Fallback("PSY-NGO"),)), services=[stand_in]).rows
    assert (nobody.candidates, nobody.unmet and nobody.unmet.reason) == ((), "none_exists")
    assert (len(replaced.candidates), replaced.unmet and replaced.unmet.reason) == (1, "none_exists")


def test_what_a_reporter_would_rather_avoid_is_shown_and_counts_for_nothing() -> None:
    service, avoided = a_service(), uuid4()
    inputs = replace(AGREED, avoided_organizations=frozenset({avoided}), avoided_types=frozenset({HELP}))
    plan = planned(required(), facts={**ADULT, "third_party": True}, services=[service], inputs=inputs)
    assert not plan.rows[0].refused
    assert (plan.avoided, plan.avoided_types) == ((), ())
    assert plan.reporter_avoids is not None
    assert (plan.reporter_avoids.organizations, plan.reporter_avoids.service_types) == ((avoided,), (HELP,))


@pytest.mark.parametrize(
    ("facts", "asked", "advised"),
    [(ADULT, (), 0), ({"third_party": True}, (), 1), ({"third_party": True}, (TaskRow(REPORTER_ADVICE, 2, ()),), 1)],
)
def test_who_reports_is_advised_once_whatever_the_rules_say(facts: Any, asked: Any, advised: int) -> None:
    assert [task.code for task in planned(facts=facts, tasks=asked).tasks].count(REPORTER_ADVICE) == advised
