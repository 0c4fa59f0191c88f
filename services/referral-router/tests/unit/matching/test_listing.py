"""The list of a row, as it is shown."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.listing import find
from unavez_referral_router.domain.matching.misfit import Misfit
from unavez_shared.protocol.model import Fallback, Mode
from unavez_tests.referral_parts import HELP, SHELTER, a_house, a_search, a_service

STAND_IN = Fallback("PSY-NGO")


def test_the_first_choice_stands_before_the_stand_ins_and_each_service_stands_once() -> None:
    own, stand_in = a_service(), a_service("PSY-NGO", remote=True)
    search = a_search(fallbacks=(STAND_IN, Fallback("PSY-NGO", Mode.REMOTE)))
    listing = find(search, Directory([stand_in, own]))
    assert [candidate.service_id for candidate in listing.candidates] == [own.service_id, stand_in.service_id]
    assert [candidate.fallback_for for candidate in listing.candidates] == [None, HELP]
    assert listing.misfit is None


def test_a_front_door_stands_once_however_many_houses_it_answers_for() -> None:
    door = uuid4()
    listing = find(a_search(SHELTER), Directory([a_house(door) for _ in range(3)]))
    (candidate,) = listing.candidates
    assert (candidate.organization_id, candidate.service_id, candidate.score) == (door, None, None)


def test_a_list_of_stand_ins_alone_says_that_the_service_itself_does_not_exist() -> None:
    listing = find(a_search(fallbacks=(STAND_IN,)), Directory([a_service("PSY-NGO"), a_service(available=0)]))
    assert [candidate.service_type for candidate in listing.candidates] == ["PSY-NGO"]
    assert listing.misfit is Misfit.NONE_EXISTS


def test_an_empty_list_says_how_close_the_service_itself_came_not_its_stand_ins() -> None:
    services = [a_service(served=("08",)), a_service("PSY-NGO", available=0)]
    listing = find(a_search(fallbacks=(STAND_IN,)), Directory(services))
    assert listing.candidates == ()
    assert listing.misfit is Misfit.OUT_OF_AREA


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"served": ("08",)}, Misfit.OUT_OF_AREA),
        ({"minimum_age": 60}, Misfit.NO_ACCOMMODATION),
        ({"groups": frozenset({"men"})}, Misfit.NO_ACCOMMODATION),
    ],
)
def test_a_front_door_none_of_whose_houses_is_for_her_is_not_listed_and_the_need_says_why(
    changed: Any, why: Misfit
) -> None:
    listing = find(a_search(SHELTER), Directory([a_house(**changed)]))
    assert (listing.candidates, listing.misfit) == ((), why)


def test_every_link_of_the_chain_is_kept_for_the_route_the_empty_ones_too() -> None:
    listing = find(a_search(fallbacks=(STAND_IN,)), Directory([a_service()]))
    assert [(link.choice.service_type, len(link.public)) for link in listing.links] == [(HELP, 1), ("PSY-NGO", 0)]
