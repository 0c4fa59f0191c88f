from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest

from unavez_directory.api.bundle import BundleBody, bundle_document
from unavez_directory.domain.checks import check_bundle, check_references
from unavez_directory.domain.taxonomies import ACCOMMODATION_TAGS
from unavez_shared.contracts.errors import Fault, InvalidInputError
from unavez_shared.contracts.event_data import Tier
from unavez_shared.web.body import parse_json

NOBODY = "7f3f9a52-5d0e-4c6b-9f57-0b8f0c6f2f11"


def faults(document: dict[str, Any]) -> list[Fault]:
    bundle = parse_json(orjson.dumps(document), BundleBody).to_bundle()
    return [*check_bundle(bundle), *check_references(bundle, organizations=[], locations=[])]


def changed(document: dict[str, Any], *path: str | int, to: Any) -> dict[str, Any]:
    result = copy.deepcopy(document)
    target: Any = result
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = to
    return result


def test_a_sound_bundle_has_no_fault_and_survives_export(small_bundle: dict[str, Any]) -> None:
    assert faults(small_bundle) == []
    first = parse_json(orjson.dumps(small_bundle), BundleBody).to_bundle()
    again = parse_json(orjson.dumps(bundle_document(first)), BundleBody).to_bundle()
    assert again == first


@pytest.mark.parametrize(
    ("path", "value", "pointer", "code"),
    [
        (("services", 0, "service_type"), "PRO-XXX", "/services/0/service_type", "unknown_code"),
        (("services", 0, "served_areas"), ["17", "99"], "/services/0/served_areas/1", "unknown_place"),
        (("services", 0, "served_areas"), [], "/services/0/served_areas", "required"),
        (("services", 0, "languages"), ["español"], "/services/0/languages/0", "unknown_code"),
        (("services", 0, "accommodates"), ["dogs"], "/services/0/accommodates/0", "unknown_code"),
        (("services", 0, "co_located_with"), ["POLICE"], "/services/0/co_located_with/0", "unknown_code"),
        (("services", 0, "phone"), None, "/services/0/phone_verified_on", "no_phone"),
        (("services", 1, "capacity", "available"), 9, "/services/1/capacity/available", "above_maximum"),
        (("locations", 0, "ubigeo"), "179999", "/locations/0/ubigeo", "unknown_place"),
        (
            ("services", 0, "organization_id"),
            NOBODY,
            "/services/0/organization_id",
            "unknown_organization",
        ),
        (
            ("services", 0, "location_id"),
            NOBODY,
            "/services/0/location_id",
            "unknown_location",
        ),
    ],
)
def test_a_fault_is_named_by_pointer_and_code(
    small_bundle: dict[str, Any], path: tuple[str | int, ...], value: Any, pointer: str, code: str
) -> None:
    found = faults(changed(small_bundle, *path, to=value))
    assert (pointer, code) in [(fault.pointer, fault.code) for fault in found]


def test_a_code_outside_a_closed_list_comes_with_the_list(small_bundle: dict[str, Any]) -> None:
    (tag,) = faults(changed(small_bundle, "services", 0, "accommodates", to=["dogs"]))
    assert tag.allowed == tuple(ACCOMMODATION_TAGS)


def test_a_lodging_is_never_public(small_bundle: dict[str, Any]) -> None:
    opened = changed(small_bundle, "services", 1, "tier", to="public")
    assert Fault("/services/1/tier", "tier_too_open") in faults(opened)


def test_a_public_service_answers_for_itself(small_bundle: dict[str, Any]) -> None:
    other = small_bundle["organizations"][1]["id"]
    found = faults(changed(small_bundle, "services", 0, "front_door_organization_id", to=other))
    assert found == [Fault("/services/0/front_door_organization_id", "front_door_of_public_service")]


def test_ages_that_exclude_everybody_are_refused(small_bundle: dict[str, Any]) -> None:
    service = small_bundle["services"][0] | {"minimum_age": 18, "maximum_age": 17}
    found = faults(changed(small_bundle, "services", 0, to=service))
    assert found == [Fault("/services/0/minimum_age", "above_maximum_age")]


def test_the_same_id_twice_is_refused(small_bundle: dict[str, Any]) -> None:
    twice = changed(small_bundle, "services", to=[*small_bundle["services"], small_bundle["services"][0]])
    assert faults(twice) == [Fault("/services/2/id", "duplicate_id")]


def test_a_service_at_another_organizations_place_is_refused(small_bundle: dict[str, Any]) -> None:
    hidden_place = small_bundle["locations"][1]["id"]
    found = faults(changed(small_bundle, "services", 0, "location_id", to=hidden_place))
    assert found == [Fault("/services/0/location_id", "location_of_another_organization")]


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("schema",), "unavez-directory/9", Fault("/schema", "unknown_code", allowed=("unavez-directory/1",))),
        (("services", 0, "tier"), "secret", Fault("/services/0/tier", "unknown_code", allowed=tuple(Tier))),
        (("services", 0, "leak"), "value", Fault("/services/0", "unknown_field")),
        (("organizations", 0, "website"), "javascript:alert(1)", Fault("/organizations/0/website", "invalid_format")),
        (("locations", 0, "latitude"), 91, Fault("/locations/0/latitude", "out_of_range")),
        (("services", 0, "name"), "\x00", Fault("/services/0/name", "invalid_text")),
    ],
)
def test_a_malformed_entry_is_named_without_its_value(
    small_bundle: dict[str, Any], path: tuple[str | int, ...], value: Any, fault: Fault
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        faults(changed(small_bundle, *path, to=value))
    assert caught.value.faults == (fault,)
