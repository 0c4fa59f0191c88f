"""What is looked for: who fits, and the chain of stand-ins."""

from __future__ import annotations

from typing import Any

import pytest

from unavez_referral_router.domain.matching import areas
from unavez_referral_router.domain.matching.languages import Spoken
from unavez_referral_router.domain.matching.misfit import Misfit
from unavez_referral_router.domain.matching.search import OTHER_REGION, Choice, Search, choices
from unavez_shared.protocol.model import Fallback, Mode
from unavez_tests.referral_parts import CALLAO, CUSCO, HELP, LIMA, SHELTER, a_person, a_search, a_service

HERE = areas.at_place(LIMA)
QUECHUA = a_person(spoken=Spoken("quz", "indigenous"))
FLAWS: list[tuple[dict[str, Any], Misfit]] = [
    ({"served": ("08",)}, Misfit.OUT_OF_AREA),
    ({"minimum_age": 60}, Misfit.NO_ACCOMMODATION),
    ({"languages": frozenset({"ayc"})}, Misfit.NO_INTERPRETER),
    ({"available": 0}, Misfit.FULL),
]


def chain(search: Search) -> list[tuple[str, str | None, tuple[str, ...]]]:
    return [(choice.service_type, choice.fallback_for, choice.note) for choice in choices(search)]


@pytest.mark.parametrize("first", range(len(FLAWS)))
def test_of_all_that_stands_in_the_way_the_first_in_order_is_the_reason(first: int) -> None:
    changed = {name: value for flaw, _ in FLAWS[first:] for name, value in flaw.items()}
    service = a_service("ACC-CIT", **changed)
    assert a_search("ACC-CIT", person=QUECHUA).misfit(service, HERE) is FLAWS[first][1]


def test_a_service_without_a_flaw_can_take_her() -> None:
    assert a_search().misfit(a_service(), HERE) is None


def test_who_is_full_is_asked_all_the_same_when_it_is_a_matter_of_life() -> None:
    assert a_search(vital=True).misfit(a_service(available=0), HERE) is None


def test_whom_she_does_not_want_is_never_asked_or_last_where_the_law_does_not_let_her_refuse() -> None:
    service = a_service()
    avoided = frozenset({service.organization_id})
    assert a_search(avoided_organizations=avoided).misfit(service, HERE) is Misfit.SURVIVOR_DECLINED
    assert a_search(avoided_organizations=avoided, last_resort=True).misfit(service, HERE) is None


def test_a_service_in_the_building_of_a_suppressed_one_is_out() -> None:
    service = a_service(co_located_with=frozenset({"CH-PNP"}))
    assert a_search(suppressed=frozenset({"CH-PNP"})).misfit(service, HERE) is Misfit.OUT_OF_AREA


def test_the_chain_is_the_service_and_its_stand_ins_in_the_order_of_the_rule() -> None:
    fallbacks = (Fallback("A-1", Mode.REMOTE), Fallback("B-1", Mode.OTHER_REGION), Fallback("C-1"))
    assert chain(a_search(fallbacks=fallbacks)) == [
        (HELP, None, ()),
        ("A-1", HELP, ("remote",)),
        ("B-1", HELP, (OTHER_REGION,)),
        ("C-1", HELP, ()),
    ]


def test_a_safe_district_is_looked_for_in_her_department_and_then_in_the_rest_of_the_country() -> None:
    search = a_search(jurisdiction=areas.SAFE_DISTRICT, place=None, avoided_provinces=frozenset({CALLAO[:4]}))
    near, far = choices(search)
    assert (near.within, far.note) == ("15", (OTHER_REGION,))
    assert near.area(a_service())
    assert far.area(a_service(district=CUSCO))
    assert not far.area(a_service(district=CALLAO))


def test_the_list_of_a_shelter_is_not_widened_to_the_country() -> None:
    assert len(list(choices(a_search(SHELTER, jurisdiction=areas.SAFE_DISTRICT, place=None)))) == 1


def test_a_stand_in_she_refuses_is_left_out_or_comes_last_where_her_refusal_does_not_count() -> None:
    fallbacks = (Fallback("A-1"), Fallback("B-1"))
    refused = frozenset({"A-1"})
    kinds = [choice[0] for choice in chain(a_search(fallbacks=fallbacks, avoided_types=refused))]
    assert kinds == [HELP, "B-1"]
    kinds = [choice[0] for choice in chain(a_search(fallbacks=fallbacks, avoided_types=refused, last_resort=True))]
    assert kinds == [HELP, "B-1", "A-1"]


def test_a_kind_of_shelter_she_refuses_keeps_its_place_in_the_list() -> None:
    search = a_search(fallbacks=(Fallback("SHL-TRANSIT"), Fallback("B-1")), avoided_types=frozenset({"SHL-TRANSIT"}))
    assert [choice[0] for choice in chain(search)] == [HELP, "SHL-TRANSIT", "B-1"]
    assert [search.refuses(choice) for choice in choices(search)] == [False, True, False]


def test_her_refusal_of_the_rows_own_service_is_not_one_of_a_stand_in() -> None:
    search = a_search(avoided_types=frozenset({HELP}))
    own = Choice(HELP, None, HERE, HERE)
    assert not search.refuses(own)
    assert search.refuses(Choice(HELP, "X-1", HERE, HERE))


@pytest.mark.parametrize("avoided", [frozenset(), frozenset({CUSCO[:4], LIMA[:4]})])
def test_where_a_front_door_stands_in_the_list_does_not_depend_on_what_she_fled(avoided: frozenset[str]) -> None:
    search = a_search(SHELTER, jurisdiction=areas.SAFE_DISTRICT, place=None, avoided_provinces=avoided)
    (choice,) = choices(search)
    assert choice.listed_area(a_service(SHELTER))
    assert choice.area(a_service(SHELTER)) is not bool(avoided)
