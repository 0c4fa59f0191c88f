"""What each rule of a row waits for, and when the row may leave."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from unavez_referral_router.domain.plan.conditions import (
    IF_CONFIRMED,
    Progress,
    blockers,
    is_open,
    leaves,
    withheld_for,
)
from unavez_referral_router.domain.plan.consent import Cover
from unavez_referral_router.domain.plan.plan import CONSENT, DUTY, VITAL, Awaits
from unavez_tests.referral_parts import a_plan, a_row, a_rule, a_service

GUARDED = a_rule(VITAL, open_guards=("police_involved",))
ANSWERED = Progress(confirmed=True, guards_answered=True)
NOT_AGREED = Cover("PSY-CEM")


@pytest.mark.parametrize(
    ("rule", "progress", "waits"),
    [
        (a_rule(), IF_CONFIRMED, []),
        (a_rule(VITAL), IF_CONFIRMED, []),
        (GUARDED, IF_CONFIRMED, ["confirm:/facts/police_involved"]),
        (GUARDED, ANSWERED, []),
        (a_rule(second_confirmer=True), IF_CONFIRMED, ["second_confirmer"]),
        (a_rule(second_confirmer=True), replace(IF_CONFIRMED, second_confirmed=True), []),
        (a_rule(task="READINESS"), IF_CONFIRMED, ["task:READINESS"]),
        (a_rule(task="READINESS"), replace(IF_CONFIRMED, released=frozenset({"0:READINESS"})), []),
        (a_rule(task="READINESS"), replace(IF_CONFIRMED, released=frozenset({"1:READINESS"})), ["task:READINESS"]),
        (a_rule(awaits=Awaits(("JUS-FIS",), lifted_if_none=True)), IF_CONFIRMED, []),
        (a_rule(awaits=Awaits(("JUS-FIS",), lifted_if_none=False)), IF_CONFIRMED, ["task:RELEASE-JUS-FIS"]),
    ],
)
def test_a_rule_waits_for_what_it_names_until_that_has_come(rule: Any, progress: Progress, waits: list[str]) -> None:
    row = a_row(rules=(rule,))
    assert list(blockers(a_plan(row), row, rule, progress)) == waits


def test_a_rule_of_consent_waits_for_hers_and_any_rule_of_a_row_she_refuses_does() -> None:
    row = a_row(cover=NOT_AGREED)
    assert list(blockers(a_plan(row), row, a_rule(), IF_CONFIRMED)) == ["consent"]
    assert list(blockers(a_plan(row), row, a_rule(VITAL), IF_CONFIRMED)) == []
    refused = a_row(refused=True)
    assert list(blockers(a_plan(refused), refused, a_rule(VITAL), IF_CONFIRMED)) == ["consent"]


def test_a_duty_waits_until_she_was_told_but_that_of_the_protection_unit_does_not() -> None:
    for kind, waits in (("JUS-FIS", ["tell_first"]), ("PRO-UPE", [])):
        row = a_row(service_type=kind)
        assert list(blockers(a_plan(row, duty_notice=False), row, a_rule(DUTY), IF_CONFIRMED)) == waits
        assert list(blockers(a_plan(row), row, a_rule(DUTY), IF_CONFIRMED)) == []


def test_confirming_answers_the_guards_of_a_row_that_was_shown_and_of_no_other() -> None:
    shown, unseen = a_row(shown=True, rules=(GUARDED,)), a_row(rules=(GUARDED,))
    assert list(blockers(a_plan(shown), shown, GUARDED, IF_CONFIRMED)) == []
    assert list(blockers(a_plan(shown), shown, GUARDED, Progress())) == ["confirm:/facts/police_involved"]
    assert list(blockers(a_plan(unseen), unseen, GUARDED, IF_CONFIRMED)) == ["confirm:/facts/police_involved"]


def test_one_rule_that_waits_for_nothing_lets_the_row_leave() -> None:
    row = a_row(rules=(a_rule(task="READINESS"), a_rule(DUTY)))
    assert withheld_for(a_plan(row), row, IF_CONFIRMED) is None
    assert leaves(a_plan(row), row, IF_CONFIRMED)


def test_what_all_rules_wait_for_is_shown_together_and_once() -> None:
    row = a_row(rules=(a_rule(task="READINESS"), a_rule(task="READINESS", second_confirmer=True)))
    assert withheld_for(a_plan(row), row, IF_CONFIRMED) == ["task:READINESS", "second_confirmer"]


@pytest.mark.parametrize(
    ("basis", "progress", "complete", "left"),
    [
        (VITAL, Progress(), True, True),
        (VITAL, Progress(), False, True),
        (DUTY, Progress(), True, False),
        (CONSENT, Progress(), True, False),
        (CONSENT, IF_CONFIRMED, True, True),
        (CONSENT, IF_CONFIRMED, False, False),
        (DUTY, IF_CONFIRMED, False, False),
        (VITAL, replace(IF_CONFIRMED, coordinator_first=True), True, False),
    ],
)
def test_only_vital_interest_leaves_before_a_worker_confirms_and_nothing_before_a_coordinator_that_is_waited_for(
    basis: str, progress: Progress, complete: bool, left: bool
) -> None:
    row = a_row(a_service(), rules=(a_rule(basis),))
    plan = a_plan(row, complete=complete)
    assert leaves(plan, row, progress) is left
    assert is_open(plan, row, row.rules[0], progress) is left


def test_a_coordinator_who_is_waited_for_is_the_only_reason_that_is_shown() -> None:
    row = a_row(rules=(a_rule(task="READINESS"),))
    assert withheld_for(a_plan(row), row, replace(IF_CONFIRMED, coordinator_first=True)) == ["coordinator"]
