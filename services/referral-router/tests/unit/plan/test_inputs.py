"""What an intake, or a preview, says besides the facts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from unavez_referral_router.domain.plan.inputs import Inputs
from unavez_tests.referral_parts import NOW

ROW, OTHER = b"r" * 12, b"o" * 12


@pytest.mark.parametrize(
    ("inputs", "agreed"),
    [
        (Inputs(at=NOW, shown_digest="v1.", unseen_counts=True), False),
        (Inputs(at=NOW, agreed_to_all=True, shown_digest="v1."), True),
        (Inputs(at=NOW, agreed_to_all=True), False),
        (Inputs(at=NOW, agreed_to_all=True, unseen_counts=True), True),
    ],
)
def test_all_of_it_covers_a_row_she_saw_or_an_unseen_one_where_that_counts(inputs: Inputs, agreed: bool) -> None:
    assert inputs.agrees_to(ROW, frozenset({ROW})) is agreed


def test_all_of_it_never_covers_a_row_that_differs_from_the_one_she_saw() -> None:
    inputs = Inputs(at=NOW, agreed_to_all=True, shown_digest="v1.", unseen_counts=True)
    assert not inputs.agrees_to(OTHER, frozenset({ROW}))


def test_the_law_read_is_that_of_the_day_of_the_interview_in_peru_and_of_today_in_a_preview() -> None:
    evening_in_lima = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
    assert Inputs(at=NOW, captured_at=evening_in_lima).day == date(2026, 11, 30)
    assert Inputs(at=evening_in_lima).day == date(2026, 11, 30)
