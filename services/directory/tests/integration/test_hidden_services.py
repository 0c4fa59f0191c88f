"""SAFETY N1, N3: a confidential service, its house and its place are in no public answer, count, filter or search."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from unavez_directory.api.bundle import BundleBody
from unavez_directory.domain.checks import check_references
from unavez_directory.domain.taxonomies import service_type_term
from unavez_shared.contracts.actor import Role
from unavez_shared.web.body import parse_json

pytestmark = pytest.mark.asyncio(loop_scope="module")

LISTS = ("services", "organizations", "service_at_locations")


@pytest.fixture(scope="module")
def confidential(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in bundle["services"] if entry["tier"] != "public"]


@pytest.fixture(scope="module")
def only_doors(bundle: dict[str, Any], confidential: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Organizations that answer for houses and run nothing in public."""
    public = {entry["organization_id"] for entry in bundle["services"] if entry["tier"] == "public"}
    answering = {entry["front_door_organization_id"] for entry in confidential} - public
    return [entry for entry in bundle["organizations"] if entry["id"] in answering]


@pytest.fixture(scope="module")
def secrets(confidential: list[dict[str, Any]], only_doors: list[dict[str, Any]]) -> set[str]:
    """Ids and names that would give a house, or who answers for it alone, away."""
    hidden = {entry[key] for entry in confidential for key in ("id", "organization_id", "location_id", "name")}
    return hidden | {door[key] for door in only_doors for key in ("id", "name")}


def found_in(secrets: set[str], text: str) -> list[str]:
    """Return the secrets that stand in a text of JSON. What it says many times is looked at once."""
    different = "\n".join(set(text.split('"')))
    return [secret for secret in secrets if secret in different]


async def test_no_list_shows_a_trace_of_a_house(demo_directory: Any, secrets: set[str]) -> None:
    for resource in LISTS:
        for shape in ({}, {"full": True}, {"format": "ndjson", "full": True}):
            response = await demo_directory.client.get(f"/{resource}", params={"per_page": 1000, **shape})
            assert response.status_code == 200
            assert not found_in(secrets, response.text)
    nested = await demo_directory.client.get("/organizations", params={"per_page": 1000, "full_service": True})
    assert not found_in(secrets, nested.text)


async def test_counts_are_of_public_services_only(demo_directory: Any, bundle: dict[str, Any]) -> None:
    public = [entry for entry in bundle["services"] if entry["tier"] == "public"]
    services = (await demo_directory.client.get("/services")).json()
    places = (await demo_directory.client.get("/service_at_locations")).json()
    assert services["total_items"] == len(public)
    assert places["total_items"] == len([entry for entry in public if "location_id" in entry])


async def test_a_house_is_the_same_404_as_nothing(demo_directory: Any, confidential: list[dict[str, Any]]) -> None:
    nothing = await demo_directory.client.get("/services/00000000-0000-4000-8000-000000000000")
    for entry in confidential[::25]:
        for path in (
            f"/services/{entry['id']}",
            f"/service_at_locations/{entry['id']}",
            f"/organizations/{entry['organization_id']}",
        ):
            response = await demo_directory.client.get(path)
            assert (response.status_code, response.content) == (404, nothing.content)


async def test_filters_and_search_do_not_find_a_house(demo_directory: Any, confidential: list[dict[str, Any]]) -> None:
    shelter = str(service_type_term("SHL-HRT").id)
    entry = confidential[0]
    queries: list[dict[str, str]] = [
        {"taxonomy_term_id": shelter},
        {"search": "refugio"},
        {"search": entry["name"]},
        {"search": "SHL"},
    ]
    for resource in LISTS:
        for query in queries:
            page = (await demo_directory.client.get(f"/{resource}", params=query)).json()
            assert page["total_items"] == 0, (resource, query)
    of_house = (
        await demo_directory.client.get("/services", params={"organization_id": entry["organization_id"]})
    ).json()
    assert of_house["total_items"] == 0


async def test_nothing_lies_near_a_house_but_what_is_public(
    demo_directory: Any, confidential: list[dict[str, Any]], secrets: set[str], bundle: dict[str, Any]
) -> None:
    districts = {place["id"]: place["ubigeo"] for place in bundle["locations"]}
    for district in sorted({districts[entry["location_id"]] for entry in confidential})[:10]:
        query = {"postcode": district, "proximity": "0", "full": "true", "per_page": "1000"}
        near = await demo_directory.client.get("/service_at_locations", params=query)
        assert near.status_code == 200
        assert not found_in(secrets, near.text)


async def test_an_organization_that_is_only_a_front_door_is_in_no_public_answer(
    demo_directory: Any, only_doors: list[dict[str, Any]]
) -> None:
    assert len(only_doors) >= 25
    nothing = await demo_directory.client.get("/organizations/00000000-0000-4000-8000-000000000000")
    for resource in LISTS:
        for shape in (
            {},
            {"full": True},
            {"format": "ndjson", "full": True},
            {"modified_after": "2020-01-01T00:00:00Z"},
        ):
            query = {"per_page": 1000, **({} if resource == "organizations" and "modified_after" in shape else shape)}
            response = await demo_directory.client.get(f"/{resource}", params=query)
            assert response.status_code == 200
            assert not [door for door in only_doors if door["id"] in response.text or door["name"] in response.text]
    for door in only_doors:
        response = await demo_directory.client.get(f"/organizations/{door['id']}")
        assert (response.status_code, response.content) == (404, nothing.content)
        searched = await demo_directory.client.get("/organizations", params={"search": door["name"]})
        assert door["name"] not in searched.text
        run_by = await demo_directory.client.get("/services", params={"organization_id": door["id"]})
        assert run_by.json()["total_items"] == 0


async def test_a_front_door_that_runs_a_public_service_is_listed_without_what_is_behind_it(
    demo_directory: Any, bundle: dict[str, Any], confidential: list[dict[str, Any]]
) -> None:
    public = {entry["organization_id"] for entry in bundle["services"] if entry["tier"] == "public"}
    house = next(entry for entry in confidential if entry["front_door_organization_id"] in public)
    shown = (await demo_directory.client.get(f"/organizations/{house['front_door_organization_id']}")).json()
    assert shown["services"]
    assert house["id"] not in str(shown)


async def test_an_export_leaves_the_houses_out_and_can_be_imported_again(
    demo_directory: Any, secrets: set[str], bundle: dict[str, Any]
) -> None:
    response = await demo_directory.client.get("/v1/exports", headers=demo_directory.bearer(Role.DIRECTORY_EDITOR))
    assert response.status_code == 200
    assert not found_in(secrets, response.text)
    exported = response.json()
    assert len(exported["services"]) == len([entry for entry in bundle["services"] if entry["tier"] == "public"])
    imported = (await demo_directory.post_bundle(exported)).json()
    assert imported["unchanged"] == sum(len(exported[kind]) for kind in ("organizations", "locations", "services"))
    assert check_references(parse_json(response.content, BundleBody).to_bundle(), organizations=(), locations=()) == []


async def test_export_and_public_list_differ_in_nothing(demo_directory: Any) -> None:
    headers = demo_directory.bearer(Role.DIRECTORY_EDITOR)
    exported = (await demo_directory.client.get("/v1/exports", headers=headers)).json()
    everything = {"format": "ndjson", "full_service": True}
    listed = await demo_directory.client.get("/organizations", params=everything)
    organizations = [orjson.loads(line) for line in listed.content.splitlines()]
    services = [service for organization in organizations for service in organization["services"]]
    places = [place for organization in organizations for place in organization["locations"]]
    for kind, public in (("organizations", organizations), ("services", services), ("locations", places)):
        shared = ("id", "name", "description", "organization_id", "email", "website", "status")
        assert sorted(_only(shared, entry) for entry in exported[kind]) == sorted(_only(shared, one) for one in public)
    alone = await demo_directory.client.get("/services", params={"format": "ndjson"})
    assert {orjson.loads(line)["id"] for line in alone.content.splitlines()} == {one["id"] for one in services}


def _only(names: tuple[str, ...], entry: dict[str, Any]) -> list[str]:
    return [f"{name}={entry.get(name)}" for name in names]
