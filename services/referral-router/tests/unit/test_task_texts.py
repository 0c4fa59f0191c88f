"""What a task says to the worker."""

from __future__ import annotations

import pytest

from unavez_referral_router.api.task_texts import text_of


@pytest.mark.parametrize("code", ["CALL_NOW", "HAND_OVER_PAPER"])
def test_whoever_calls_a_shelter_or_hands_it_a_sheet_says_that_the_house_must_be_away(code: str) -> None:
    assert "lejos" in text_of(code, "SHL-HRT").es
    assert "away" in text_of(code, "SHL-HRT").en
    for near_her in ("PRO-CEM", "SHL-CARE", "REI-EDU-CHILD"):
        assert text_of(code, near_her) == text_of(code)
