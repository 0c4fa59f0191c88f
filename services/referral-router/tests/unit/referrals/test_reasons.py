"""Why an agency says no: a closed list, and no refusal is lost for its reason."""

from __future__ import annotations

import pytest

from unavez_referral_router.domain.referrals.reasons import coded, refusal_reason
from unavez_shared.protocol.vocabulary import REFUSAL_REASONS


def test_the_reasons_are_those_of_the_route() -> None:
    assert set(REFUSAL_REASONS) == {
        "no_place", "out_of_area", "out_of_mandate", "no_document", "language", "age", "gender", "risk", "other",
    }  # fmt: skip


@pytest.mark.parametrize("code", sorted(REFUSAL_REASONS))
def test_a_reason_of_the_list_is_kept(code: str) -> None:
    assert refusal_reason(code) == code


@pytest.mark.parametrize("said", [None, "", "zzz", "No tenemos a nadie que la atienda"])
def test_no_reason_and_one_we_do_not_know_are_kept_as_other(said: str | None) -> None:
    assert refusal_reason(said) == "other"


@pytest.mark.parametrize("said", ["full", "FULL", "no_capacity", "capacity", "no place"])
def test_other_words_for_no_place_are_understood(said: str) -> None:
    assert refusal_reason(said) == "no_place"


def test_a_sentence_is_kept_as_other_and_a_code_as_it_is() -> None:
    assert coded("dijo que su tía vive en Cusco") == "other"
    assert coded("survivor-moved") == "survivor-moved"
    assert coded(None) is None
