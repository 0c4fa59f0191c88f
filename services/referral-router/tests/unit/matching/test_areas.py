"""Where a service must be."""

from __future__ import annotations

import pytest

from unavez_referral_router.domain.matching import areas
from unavez_referral_router.domain.matching.service import Service
from unavez_tests.referral_parts import CALLAO, CANCHIS, CUSCO, LIMA, a_service

EVERYWHERE = a_service(district=None, served=("PE",))
NOWHERE_STATED = a_service(district=None, served=("08",))


@pytest.mark.parametrize(
    ("served", "place", "serves"),
    [
        (("15",), LIMA, True),
        (("1501",), LIMA, True),
        ((LIMA,), LIMA, True),
        (("07",), LIMA, False),
        (("PE",), LIMA, True),
    ],
)
def test_a_district_is_served_by_whoever_serves_it_its_province_its_department_or_the_country(
    served: tuple[str, ...], place: str, serves: bool
) -> None:
    assert areas.at_place(place)(a_service(served=served)) is serves


def test_a_national_service_needs_no_place_of_hers_and_a_local_one_does() -> None:
    assert areas.nationwide(None)(EVERYWHERE)
    assert not areas.nationwide(None)(a_service())
    assert areas.nationwide(LIMA)(a_service())


@pytest.mark.parametrize("service", [a_service(), a_service(served=("08",)), EVERYWHERE, NOWHERE_STATED])
def test_the_list_of_front_doors_here_and_that_elsewhere_share_no_house(service: Service) -> None:
    for department in ("07", "08", "15"):
        assert areas.near(department)(service) is not areas.not_near(department)(service)


def test_while_her_department_is_unknown_every_front_door_is_near_and_none_is_elsewhere() -> None:
    assert areas.near(None)(a_service())
    assert not areas.not_near(None)(a_service())


def test_another_department_is_told_by_where_the_service_stands_not_by_what_it_serves() -> None:
    assert areas.outside("15")(a_service(district=CUSCO, served=("15",)))
    assert not areas.outside("15")(a_service(served=("08",)))
    assert not areas.outside("15")(EVERYWHERE)


def test_a_province_she_fled_is_out_and_the_next_one_of_the_same_department_is_not() -> None:
    away = areas.away_from({CUSCO[:4]})
    assert not away(a_service(district=CUSCO))
    assert away(a_service(district=CANCHIS))


def test_a_service_without_a_place_is_away_from_where_she_fled_only_when_it_serves_the_country() -> None:
    assert areas.away_from({CUSCO[:4]})(EVERYWHERE)
    assert not areas.away_from({CUSCO[:4]})(NOWHERE_STATED)


def test_help_by_telephone_comes_from_who_works_from_afar_and_serves_her_place() -> None:
    assert areas.by_telephone(LIMA)(a_service(remote=True))
    assert not areas.by_telephone(LIMA)(a_service(remote=False))
    assert not areas.by_telephone(CALLAO)(a_service(remote=True))
    assert areas.by_telephone(None)(a_service(remote=True, served=("PE",)))
    assert not areas.by_telephone(None)(a_service(remote=True))


def test_two_rules_together_ask_for_both() -> None:
    both = areas.both(areas.outside("15"), areas.away_from({CUSCO[:4]}))
    assert both(a_service(district=CANCHIS))
    assert not both(a_service(district=CUSCO))
    assert not both(a_service(district=LIMA))
