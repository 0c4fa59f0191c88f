"""The demo directory: fictional everywhere, every service type somewhere, and right for the five visible cases."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import pytest

from unavez_directory.demo import demo_bundle
from unavez_directory.demo.departments import departments
from unavez_directory.domain.areas import areas_around
from unavez_shared.protocol.vocabulary import SERVICE_TYPES

CASES = ("V01", "V03", "V04", "V06", "V09")
UNMET_TAGS = {"SHL-MEN": ("SHL-ALT", "men"), "SHL-LGBTIQ": ("SHL-ALT", "lgbtiq")}
"""Unmet codes that are a lodging type for somebody nobody takes in."""

Entry = dict[str, Any]


def test_the_same_bundle_every_time_and_quickly(bundle: dict[str, Any]) -> None:
    started = time.perf_counter()
    assert demo_bundle() == bundle
    assert time.perf_counter() - started < 1


def test_everything_says_that_it_is_invented(bundle: dict[str, Any]) -> None:
    assert bundle["fictional"] is True
    for kind in ("organizations", "locations", "services"):
        for entry in bundle[kind]:
            assert "(fictici" in entry["name"]
    assert all("ficticia" in entry["address"] for entry in bundle["locations"])
    phones = [entry["phone"] for entry in bundle["services"] if "phone" in entry]
    assert len(set(phones)) == len(phones)
    assert all(phone.startswith("000 0") for phone in phones)


def test_every_service_type_exists_somewhere(bundle: dict[str, Any]) -> None:
    assert {entry["service_type"] for entry in bundle["services"]} == set(SERVICE_TYPES)
    assert 600 <= len(bundle["services"]) <= 1000


def test_all_25_departments_have_their_own_services(bundle: dict[str, Any]) -> None:
    served = {area for entry in bundle["services"] for area in entry["served_areas"]}
    assert served == {"PE", *(department.code for department in departments())}
    assert len(served) == 26


def test_emergency_teams_work_in_eight_departments_only(bundle: dict[str, Any]) -> None:
    teams = [entry for entry in bundle["services"] if entry["service_type"] == "PRO-SAU"]
    assert {area for entry in teams for area in entry["served_areas"]} == {
        "04", "05", "08", "10", "13", "15", "17", "21",
    }  # fmt: skip


def test_hidden_houses_stand_behind_another_organization(bundle: dict[str, Any]) -> None:
    houses = [entry for entry in bundle["services"] if entry["service_type"].startswith("SHL-")]
    openly = {entry["organization_id"] for entry in bundle["services"] if entry["tier"] == "public"}
    assert all(house["tier"] in {"named", "hidden"} for house in houses)
    assert all(house["organization_id"] not in openly for house in houses)
    assert all(house["front_door_organization_id"] != house["organization_id"] for house in houses)
    assert all(house["capacity"]["available"] > 0 and "phone" not in house for house in houses)
    in_departments = {district_of(bundle, house)[:2] for house in of_type(houses, "SHL-HRT")}
    assert len(in_departments) >= 22


def test_no_lodging_takes_in_men_or_lgbtiq_people(bundle: dict[str, Any]) -> None:
    for entry in bundle["services"]:
        if entry["service_type"].startswith("SHL-"):
            assert entry["accommodates"]
            assert not {"men", "lgbtiq"} & set(entry["accommodates"])


def test_justice_health_and_lodging_are_different_organizations(bundle: dict[str, Any]) -> None:
    families: dict[str, set[str]] = {}
    for entry in bundle["services"]:
        families.setdefault(entry["organization_id"], set()).add(entry["service_type"].partition("-")[0])
    for served in families.values():
        assert len(served & {"JUS", "HLT", "SHL"}) <= 1


def test_lines_are_called_and_what_the_cases_need_is_reached_by_the_system(
    bundle: dict[str, Any], vignettes: list[dict[str, Any]]
) -> None:
    lines = {"CH-105", "HLT-SAMU", "HLT-113", "CH-L100"}
    needed = {row["service"] for case in vignettes for row in case["expected_referrals"]}
    for entry in bundle["services"]:
        if entry["service_type"] in lines:
            assert entry["delivery"] == "call"
        elif entry["service_type"] in needed:
            assert entry["delivery"] == "system"
    assert any(entry["delivery"] == "paper" for entry in bundle["services"])


@pytest.mark.parametrize("case_id", CASES)
def test_each_case_lacks_exactly_what_it_says(
    bundle: dict[str, Any], vignettes: list[dict[str, Any]], case_id: str
) -> None:
    case = next(case for case in vignettes if case["id"] == case_id)
    lacking = set()
    for row in case["expected_referrals"]:
        if not list(first_choices(bundle, case, row)):
            lacking.add(row["service"])
    expected = {UNMET_TAGS.get(code, (code, ""))[0] for code in case["expected_unmet_if_directory_lacks"]}
    assert lacking == expected


def test_who_has_no_emergency_team_in_amazonas_reaches_the_womens_centre(
    bundle: dict[str, Any], vignettes: list[dict[str, Any]]
) -> None:
    case = next(case for case in vignettes if case["id"] == "V04")
    assert list(first_choices(bundle, case, {"service": "PRO-CEM", "jurisdiction": "current"}))


def test_without_the_police_there_is_still_a_womens_centre_in_arequipa(
    bundle: dict[str, Any], vignettes: list[dict[str, Any]]
) -> None:
    case = next(case for case in vignettes if case["id"] == "V06")
    centres = list(first_choices(bundle, case, {"service": "PRO-CEM", "jurisdiction": "current"}))
    beside_police = [centre for centre in centres if "JUS-PNP" in centre.get("co_located_with", [])]
    assert beside_police
    assert len(centres) > len(beside_police)


def first_choices(bundle: dict[str, Any], case: Entry, row: Entry) -> Iterable[Entry]:
    """Return the services of the row's own type that serve its place and take her in (PROTOCOL 5.7)."""
    places, facts = case["places"], case["facts"]
    jurisdiction = row["jurisdiction"]
    place = places.get(jurisdiction) or places["current"]
    around = {"PE"} if jurisdiction == "national" else set(areas_around(place))
    tag = "lgbtiq" if facts.get("lgbtiq") else {"F": "women", "M": "men"}.get(facts["gender"], "lgbtiq")
    tag = "girls" if facts["is_minor"] else tag
    for service in of_type(bundle["services"], row["service"]):
        if jurisdiction == "safe_district":
            around = {*areas_around(places["current"])}
            if district_of(bundle, service)[:4] in avoided_provinces(case):
                continue
        if around & set(service["served_areas"]) and tag in service.get("accommodates", [tag]):
            yield service


def avoided_provinces(case: Entry) -> set[str]:
    places, facts = case["places"], case["facts"]
    avoided = {places.get("exploitation"), *places.get("transit", [])}
    if facts.get("danger") in {"possible", "imminent"}:
        avoided.add(places["current"])
    if facts.get("family_implicated") or {"GBV_PARTNER", "GBV_FAMILY"} & set(facts["incident"]):
        avoided.add(places["origin"])
    return {code[:4] for code in avoided if code}


def of_type(services: Iterable[Entry], service_type: str) -> list[Entry]:
    return [entry for entry in services if entry["service_type"] == service_type]


def district_of(bundle: dict[str, Any], service: Entry) -> str:
    places = {entry["id"]: entry["ubigeo"] for entry in bundle["locations"]}
    district: str = places[service["location_id"]]
    return district
