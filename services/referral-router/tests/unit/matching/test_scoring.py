"""Why one candidate stands before another."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from unavez_referral_router.domain.matching.languages import Spoken
from unavez_referral_router.domain.matching.scoring import TO_CONFIRM, remoteness, score
from unavez_tests.referral_parts import CANCHIS, CUSCO, LIMA, a_person, a_service


@pytest.mark.parametrize(
    ("changed", "points", "reasons"),
    [
        ({}, 50, ("same_district",)),
        ({"district": "150102"}, 35, ("same_province",)),
        ({"district": "150201"}, 20, ("same_department",)),
        ({"district": CUSCO}, 0, ()),
        ({"district": None, "served": ("PE",)}, 5, ("serves_country",)),
        ({"available": 3}, 60, ("same_district", "capacity_reported")),
        ({"available": 0}, -50, ("same_district", "capacity_none")),
        ({"remote": True}, 50, ("same_district", "remote")),
    ],
)
def test_points_are_the_sum_of_reasons_that_are_shown(changed: Any, points: int, reasons: tuple[str, ...]) -> None:
    assert score(a_service(**changed), LIMA, a_person(), ()) == (points, reasons)


def test_a_service_with_a_free_place_far_away_stands_before_a_full_one_next_door() -> None:
    far, _ = score(a_service(district=CUSCO, available=1), LIMA, a_person(), ())
    next_door, _ = score(a_service(available=0), LIMA, a_person(), ())
    assert far > next_door


def test_one_who_speaks_her_language_stands_before_one_who_may() -> None:
    person = a_person(spoken=Spoken("quz", "indigenous"))
    exact, spoken = score(a_service(languages=frozenset({"quz"})), LIMA, person, ())
    perhaps, to_confirm = score(a_service(languages=frozenset({"que"})), LIMA, person, ())
    assert exact > perhaps > score(a_service(), LIMA, person, ())[0]
    assert "language" in spoken
    assert TO_CONFIRM in to_confirm


def test_why_a_service_is_in_the_chain_comes_first_and_stands_once() -> None:
    _, reasons = score(a_service(remote=True), LIMA, a_person(), ("remote",))
    assert reasons == ("remote", "same_district")


def test_the_nearer_district_is_less_remote_and_an_unknown_one_is_the_last() -> None:
    assert remoteness(CANCHIS, CUSCO) < remoteness(LIMA, CUSCO) < remoteness(None, CUSCO)
    assert remoteness(CUSCO, None) == inf
    assert remoteness(CUSCO, CUSCO) == 0
