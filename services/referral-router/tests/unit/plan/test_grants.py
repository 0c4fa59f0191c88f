"""What a receiver may read, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from unavez_referral_router.domain.plan.conditions import IF_CONFIRMED, Progress
from unavez_referral_router.domain.plan.consent import Cover
from unavez_referral_router.domain.plan.grants import grants, shown_categories
from unavez_referral_router.domain.plan.plan import DUTY, VITAL, Row
from unavez_shared.protocol.agreement import Agreement
from unavez_tests.referral_parts import a_plan, a_row, a_rule

ALL = Agreement()
LIFE = a_rule(VITAL, id="V", categories=("ROUTE", "HEALTH"))
DUE = a_rule(DUTY, id="D", categories=("ROUTE", "CRIME"))
HERS = a_rule(id="C", categories=("ROUTE", "CONTACT"))


def given(row: Row, agreed: Agreement | None, progress: Progress = IF_CONFIRMED) -> dict[str, tuple[list[str], bool]]:
    return {grant.rule_id: (grant.categories, grant.open) for grant in grants(a_plan(row), row, progress, agreed)}


def naming(*categories: str) -> Agreement:
    return Agreement(frozenset(categories), frozenset(categories))


def test_each_rule_opens_by_itself() -> None:
    row = a_row(rules=(LIFE, DUE, HERS))
    assert given(row, ALL, Progress()) == {
        "V": (["ROUTE", "HEALTH"], True),
        "D": (["ROUTE", "CRIME"], False),
        "C": (["ROUTE", "CONTACT"], False),
    }
    assert all(is_open for _, is_open in given(row, ALL).values())


def test_what_she_agreed_to_for_another_receiver_opens_nothing_of_a_rule_of_consent() -> None:
    row = a_row(rules=(DUE, HERS))
    assert given(row, None) == {"D": (["ROUTE", "CRIME"], True), "C": (["ROUTE", "CONTACT"], False)}


def test_a_grant_has_all_categories_of_its_rule_whatever_she_named() -> None:
    assert given(a_row(rules=(HERS,)), naming("ROUTE"))["C"] == (["ROUTE", "CONTACT"], True)


@pytest.mark.parametrize(
    ("service_type", "named", "beyond"),
    [
        ("PSY-CEM", ("SOGIESC",), ["SOGIESC"]),
        ("PSY-CEM", ("ACCOUNT_FULL",), None),
        ("JUS-SUNADEP", ("ACCOUNT_FULL", "ETHNICITY"), ["ETHNICITY", "ACCOUNT_FULL"]),
        ("PSY-CEM", ("CONTACT", "HEALTH"), None),
    ],
)
def test_what_is_in_no_rule_leaves_only_named_and_her_whole_account_only_to_justice(
    service_type: str, named: tuple[str, ...], beyond: list[str] | None
) -> None:
    found = given(a_row(rules=(HERS,), service_type=service_type), naming(*named)).get("consent")
    assert found == (None if beyond is None else (beyond, True))


def test_a_row_she_refuses_gets_nothing_she_named_for_others() -> None:
    assert "consent" not in given(a_row(rules=(HERS,), refused=True), naming("SOGIESC"))


@pytest.mark.parametrize(
    ("rules", "progress", "shown"),
    [
        ((LIFE, HERS), Progress(), ["ROUTE", "HEALTH"]),
        ((LIFE, HERS), IF_CONFIRMED, ["ROUTE", "HEALTH", "CONTACT"]),
        ((DUE, HERS), Progress(), ["ROUTE", "CRIME", "CONTACT"]),
    ],
)
def test_a_vital_row_shows_what_is_open_and_any_other_what_its_rules_ask_for(
    rules: Any, progress: Progress, shown: list[str]
) -> None:
    row = a_row(rules=rules)
    assert shown_categories(a_plan(row), row, progress) == shown


@pytest.mark.parametrize(("rules", "shown"), [((DUE, HERS), ["ROUTE", "CRIME"]), ((HERS,), ["ROUTE", "CONTACT"])])
def test_without_her_consent_a_row_shows_what_a_duty_gives_else_what_she_is_asked_for(rules: Any, shown: Any) -> None:
    row = a_row(rules=rules, cover=Cover("PSY-CEM"))
    assert shown_categories(a_plan(row), row, IF_CONFIRMED) == shown


def test_of_a_rule_of_consent_the_plan_shows_what_she_named_and_the_route() -> None:
    row = a_row(rules=(HERS,), cover=Cover("PSY-CEM", shown=naming("HEALTH")))
    assert shown_categories(a_plan(row), row, IF_CONFIRMED) == ["ROUTE"]
