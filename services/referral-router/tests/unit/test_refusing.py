"""Why an agency says no: a closed list, and no refusal is lost for its reason."""

from __future__ import annotations

import pytest

from unavez_referral_router.domain.refusing import refusal_reason
from unavez_shared.protocol.vocabulary import REFUSAL_REASONS


def test_the_reasons_are_those_of_the_route() -> None:
    assert set(REFUSAL_REASONS) == {
        "no_place", "out_of_area", "out_of_mandate", "no_document", "language", "age", "gender", "risk", "other",
    }  # fmt: skip


@pytest.mark.parametrize("code", sorted(REFUSAL_REASONS))
def test_a_reason_of_the_list_is_kept(code: str) -> None:
    assert refusal_reason(code, hidden=False) == code


@pytest.mark.parametrize("said", [None, "zzz", "reject", "FULL"])
def test_no_reason_and_one_we_do_not_know_are_kept_as_other(said: str | None) -> None:
    assert refusal_reason(said, hidden=False) == "other"


@pytest.mark.parametrize("said", ["full", "no_capacity", "capacity"])
def test_other_words_for_no_place_are_understood(said: str) -> None:
    assert refusal_reason(said, hidden=False) == "no_place"


def test_that_a_hidden_house_is_out_of_the_area_is_told_to_nobody() -> None:
    assert refusal_reason("out_of_area", hidden=True) == "other"
    assert refusal_reason("no_place", hidden=True) == "no_place"
