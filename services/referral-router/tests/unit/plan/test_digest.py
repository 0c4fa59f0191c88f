"""What a person saw, as an opaque string."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unavez_referral_router.domain.plan.digest import plan_digest, row_digest, rows_of
from unavez_referral_router.domain.plan.plan import DUTY
from unavez_tests.referral_parts import HELP, a_candidate, a_rule, a_service

KEY = b"k" * 32
RULES = (a_rule(),)
FIRST, SECOND = a_candidate(a_service()), a_candidate(a_service())


def digest(rules: Any = RULES, candidates: Any = (FIRST, SECOND), key: bytes = KEY, kind: str = HELP) -> bytes:
    return row_digest(key, kind, "current_district", rules, candidates)


@given(st.lists(st.binary(min_size=12, max_size=12), max_size=20))
def test_the_string_of_a_plan_covers_exactly_its_rows(rows: list[bytes]) -> None:
    assert rows_of(plan_digest(KEY, rows)) == frozenset(rows)


@settings(max_examples=50)
@given(st.text("ABab01-_=.v ", max_size=40) | st.text("ABab01-_=", max_size=40).map("v1.".__add__))
def test_any_other_string_is_read_without_an_error(posted: str) -> None:
    assert posted.startswith("v1.") or rows_of(posted) == frozenset()


def test_no_string_at_all_covers_nothing() -> None:
    assert rows_of(None) == frozenset()


def test_the_order_of_candidates_categories_and_guards_changes_nothing() -> None:
    one = a_rule(categories=("ROUTE", "CONTACT"), open_guards=("a", "b"))
    other = a_rule(categories=("CONTACT", "ROUTE"), open_guards=("b", "a"))
    assert digest((one,)) == digest((other,), (SECOND, FIRST))


@pytest.mark.parametrize(
    "changed",
    [
        {"rules": (a_rule(DUTY),)},
        {"rules": (a_rule(id="T2"),)},
        {"rules": (a_rule(categories=("ROUTE",)),)},
        {"rules": (a_rule(open_guards=("a",)),)},
        {"candidates": (FIRST,)},
        {"kind": "PSY-NGO"},
        {"key": b"x" * 32},
    ],
)
def test_whatever_she_would_agree_to_differently_changes_the_digest(changed: Any) -> None:
    assert digest(**changed) != digest()


def test_a_score_or_a_free_place_more_voids_no_preview_that_was_shown() -> None:
    service = a_service()
    before, after = a_candidate(service), a_candidate(service, score=60, reasons=("capacity_reported",))
    assert digest(candidates=(before,)) == digest(candidates=(after,))
