from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unavez_shared.contracts.nearest import MOST_ASKED, Hints, nearest

KNOWN = ("captured_at", "client_record_id", "facts", "places", "age")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("capturedat", "captured_at"),
        ("captured_att", "captured_at"),
        ("caputred_at", "captured_at"),
        ("capturd_ad", "captured_at"),
        ("factos", "facts"),
        ("plaecs", "places"),
        ("Facts", "facts"),
        ("capturdad", None),
        ("fcast", "facts"),
        ("a", None),
        ("ag", "age"),
        ("", None),
        ("x" * 1_000_000, None),
    ],
)
def test_a_name_is_near_when_at_most_two_edits_away(name: str, meant: str | None) -> None:
    assert nearest(name, KNOWN) == meant


def test_of_several_the_nearest_then_the_first_in_the_alphabet_is_meant() -> None:
    assert nearest("abcx", ["abzz", "abcd", "abce"]) == "abcd"
    assert nearest("abcx", []) is None


@given(st.text(), st.text(min_size=3, max_size=12), st.integers(0, 11))
def test_it_is_a_known_name_or_nothing_and_one_slip_is_always_found(anything: str, known: str, at: int) -> None:
    assert nearest(anything, KNOWN) in {None, *KNOWN}
    at %= len(known)
    assert nearest(known[:at] + known[at + 1 :], [known]) == known


def test_of_many_unknown_names_the_first_hundred_are_compared() -> None:
    hints = Hints()
    found = [hints.nearest("ages", ["age"]) for _ in range(MOST_ASKED + 2)]
    assert found == ["age"] * MOST_ASKED + [None, None]
