"""Whom to ask, in which order."""

from __future__ import annotations

from uuid import uuid4

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.listing import find
from unavez_referral_router.domain.matching.route import RouteStep, find_route
from unavez_referral_router.domain.matching.search import Search
from unavez_referral_router.domain.matching.service import Service
from unavez_shared.protocol.model import Fallback
from unavez_tests.referral_parts import HELP, LIMA, SHELTER, a_house, a_search, a_service


def route(search: Search, *services: Service) -> tuple[RouteStep, ...]:
    directory = Directory(services)
    return find_route(find(search, directory).links, search, directory)


def test_the_route_follows_the_list_and_a_public_service_has_no_houses() -> None:
    own, stand_in = a_service(), a_service("PSY-NGO")
    steps = route(a_search(fallbacks=(Fallback("PSY-NGO"),)), stand_in, own)
    assert [step.service_id for step in steps] == [own.service_id, stand_in.service_id]
    assert [step.houses for step in steps] == [None, None]


def test_a_front_door_is_asked_though_none_of_its_houses_may_take_her() -> None:
    house = a_house()
    (step,) = route(a_search(SHELTER, jurisdiction="safe_district", avoided_provinces=frozenset({LIMA[:4]})), house)
    assert (step.organization_id, step.houses) == (house.front_door_id, ())


def test_a_front_door_is_one_step_for_each_kind_of_service_with_all_houses_that_may_take_her() -> None:
    door = uuid4()
    first, full, other_kind = a_house(door), a_house(door, available=0), a_house(door, "SHL-TRANSIT")
    steps = route(a_search(SHELTER, fallbacks=(Fallback("SHL-TRANSIT"),)), first, full, other_kind)
    assert [(step.organization_id, step.service_type) for step in steps] == [(door, SHELTER), (door, "SHL-TRANSIT")]
    assert set(steps[0].houses or ()) == {first.service_id, full.service_id}, "it knows better whether a bed is free"
    assert steps[1].houses == (other_kind.service_id,)


def test_a_house_in_a_province_she_fled_is_not_among_those_that_may_take_her() -> None:
    door = uuid4()
    fled, away = a_house(door), a_house(door, district="150201")
    search = a_search(SHELTER, jurisdiction="safe_district", avoided_provinces=frozenset({LIMA[:4]}))
    (step,) = route(search, fled, away)
    assert step.houses == (away.service_id,)


def test_a_front_door_or_a_kind_of_shelter_she_refuses_is_not_asked_though_it_stands_in_the_list() -> None:
    house, other = a_house(), a_house(service_type="SHL-TRANSIT")
    fallbacks = (Fallback("SHL-TRANSIT"),)
    without_door = a_search(SHELTER, fallbacks=fallbacks, avoided_organizations=frozenset({house.front_door_id}))
    without_kind = a_search(SHELTER, fallbacks=fallbacks, avoided_types=frozenset({"SHL-TRANSIT"}))
    assert len(find(without_kind, Directory([house, other])).candidates) == 2
    assert [step.service_id for step in route(without_door, house, other)] == [other.service_id]
    assert [step.service_id for step in route(without_kind, house, other)] == [house.service_id]


def test_where_her_refusal_does_not_count_a_kind_she_refuses_is_asked_after_all_others() -> None:
    refused, other = a_house(service_type="SHL-TRANSIT"), a_service("PSY-NGO")
    fallbacks = (Fallback("SHL-TRANSIT"), Fallback("PSY-NGO"))
    search = a_search(HELP, fallbacks=fallbacks, avoided_types=frozenset({"SHL-TRANSIT"}), last_resort=True)
    assert [step.service_type for step in route(search, refused, other)] == ["PSY-NGO", "SHL-TRANSIT"]
