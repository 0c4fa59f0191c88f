"""SAFETY N1, N3: a confidential service, its house and its place are in no public answer, count, filter or search."""

from __future__ import annotations

from typing import Any

import pytest

from unavez_directory.domain.taxonomies import service_type_term
from unavez_shared.contracts.actor import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

LISTS = ("services", "organizations", "service_at_locations")


@pytest.fixture(scope="module")
def confidential(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in bundle["services"] if entry["tier"] != "public"]


@pytest.fixture(scope="module")
def secrets(confidential: list[dict[str, Any]]) -> set[str]:
    """Ids and names that would give a house away."""
    return {entry[key] for entry in confidential for key in ("id", "organization_id", "location_id", "name")}


async def test_no_list_shows_a_trace_of_a_house(demo_directory: Any, secrets: set[str]) -> None:
    for resource in LISTS:
        for shape in ({}, {"full": True}, {"format": "ndjson", "full": True}):
            response = await demo_directory.client.get(f"/{resource}", params={"per_page": 1000, **shape})
            assert response.status_code == 200
            assert not [secret for secret in secrets if secret in response.text]
    nested = await demo_directory.client.get("/organizations", params={"per_page": 1000, "full_service": True})
    assert not [secret for secret in secrets if secret in nested.text]


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
        assert not [secret for secret in secrets if secret in near.text]


async def test_the_front_door_is_listed_without_what_is_behind_it(
    demo_directory: Any, confidential: list[dict[str, Any]]
) -> None:
    door = next(entry for entry in confidential if entry["service_type"] == "SHL-CARE")["front_door_organization_id"]
    shown = (await demo_directory.client.get(f"/organizations/{door}")).json()
    assert (shown["id"], shown["services"], shown["locations"]) == (door, [], [])


async def test_an_export_leaves_the_houses_out_and_can_be_imported_again(
    demo_directory: Any, secrets: set[str], bundle: dict[str, Any]
) -> None:
    response = await demo_directory.client.get("/v1/exports", headers=demo_directory.bearer(Role.DIRECTORY_EDITOR))
    assert response.status_code == 200
    assert not [secret for secret in secrets if secret in response.text]
    exported = response.json()
    assert len(exported["services"]) == len([entry for entry in bundle["services"] if entry["tier"] == "public"])
    imported = (await demo_directory.post_bundle(exported)).json()
    assert imported["unchanged"] == sum(len(exported[kind]) for kind in ("organizations", "locations", "services"))
