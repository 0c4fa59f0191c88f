"""Every HSDS answer over the demo directory validates against the HSDS schemas, pages as the specification says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from jsonschema.protocols import Validator

from unavez_directory.api import turns
from unavez_directory.domain.queries import SLICE
from unavez_directory.domain.taxonomies import (
    ACCOMMODATION_TAXONOMY,
    SERVICE_TYPE_TAXONOMY,
    accommodation_term,
    service_type_term,
)
from unavez_shared.contracts.actor import Role
from unavez_shared.version import VERSION

pytestmark = pytest.mark.asyncio(loop_scope="module")

LISTS = {
    "services": ("compiled/service_list.json", "service.json"),
    "organizations": ("compiled/organization_list.json", "organization.json"),
    "service_at_locations": ("compiled/service_at_location_list.json", "service_at_location.json"),
    "taxonomies": ("taxonomy.json", "taxonomy.json"),
    "taxonomy_terms": ("taxonomy_term.json", "taxonomy_term.json"),
}
Hsds = Callable[[str], Validator]


async def get(directory: Any, path: str, **query: Any) -> dict[str, Any]:
    response = await directory.client.get(path, params=query)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def everything(directory: Any, resource: str, **query: Any) -> list[dict[str, Any]]:
    first = await get(directory, f"/{resource}", per_page=1000, **query)
    assert first["total_pages"] == 1
    items: list[dict[str, Any]] = first["contents"]
    return items


async def test_the_root_names_version_profile_and_document(demo_directory: Any) -> None:
    root = await get(demo_directory, "/")
    assert (root["version"], root["unavez_version"], root["demo"]) == ("3.1", VERSION, True)
    assert root["openapi_url"] == f"{demo_directory.settings.public_url}/directory/openapi.json"


@pytest.mark.parametrize("resource", LISTS)
async def test_every_page_of_every_list_validates(demo_directory: Any, hsds: Hsds, resource: str) -> None:
    item_schema = hsds(LISTS[resource][0])
    page_schema = hsds("openapi.json#/components/schemas/Page")
    number, seen = 1, []
    while True:
        page = await get(demo_directory, f"/{resource}", page=number, per_page=200)
        page_schema.validate(page)
        for item in page["contents"]:
            item_schema.validate(item)
        seen += [item["id"] for item in page["contents"]]
        assert page["page_number"] == number
        assert page["size"] == len(page["contents"])
        assert page["first_page"] is (number == 1)
        assert page["last_page"] is (number == page["total_pages"])
        assert page["empty"] is (not page["contents"])
        assert page["demo"] is True
        if page["last_page"]:
            break
        number += 1
    assert len(seen) == len(set(seen)) == page["total_items"] > 0


@pytest.mark.parametrize("resource", ["services", "organizations", "service_at_locations"])
async def test_full_items_validate_in_the_list_and_alone(demo_directory: Any, hsds: Hsds, resource: str) -> None:
    schema = hsds(LISTS[resource][1])
    items = await everything(demo_directory, resource, full=True)
    for item in items:
        schema.validate(item)
        if resource == "service_at_locations":
            hsds("service.json").validate(item["service"])
    for item in items[::120]:
        alone = await get(demo_directory, f"/{resource}/{item['id']}")
        schema.validate(alone)
        assert {name: value for name, value in alone.items() if name != "demo"} == item


@pytest.mark.parametrize("resource", ["taxonomies", "taxonomy_terms"])
async def test_taxonomies_and_terms_stand_alone(demo_directory: Any, hsds: Hsds, resource: str) -> None:
    for item in (await everything(demo_directory, resource))[::10]:
        alone = await get(demo_directory, f"/{resource}/{item['id']}")
        hsds(LISTS[resource][1]).validate(alone)
        assert alone == item | {"demo": True}


async def test_organizations_nest_their_services_in_full_on_request(demo_directory: Any, hsds: Hsds) -> None:
    nested = await everything(demo_directory, "organizations", full_service=True)
    services = [service for organization in nested for service in organization["services"]]
    for service in services:
        hsds("service.json").validate(service)
    assert {service["id"] for service in services} == {
        item["id"] for item in await everything(demo_directory, "services")
    }
    alone = await get(demo_directory, f"/organizations/{nested[0]['id']}", full_service=True)
    assert {name: value for name, value in alone.items() if name != "demo"} == nested[0]


async def test_minimal_services_still_validate(demo_directory: Any, hsds: Hsds) -> None:
    for item in await everything(demo_directory, "services", minimal=True):
        hsds(LISTS["services"][0]).validate(item)
        assert item.keys() == {"id", "name", "status", "last_modified"}


@pytest.mark.parametrize("resource", LISTS)
async def test_post_answers_what_get_answers(demo_directory: Any, resource: str) -> None:
    asked = {"search": "ser", "page": 1, "per_page": 7}
    posted = await demo_directory.client.post(f"/{resource}", json=asked)
    assert posted.status_code == 200
    assert posted.json() == await get(demo_directory, f"/{resource}", **asked)


async def test_post_takes_the_query_too_and_the_body_comes_first(demo_directory: Any) -> None:
    asked = {"per_page": "7", "page": "2", "search": "ser"}
    posted = await demo_directory.client.post("/services", params=asked, json={"page": 1})
    assert posted.json() == await get(demo_directory, "/services", per_page=7, page=1, search="ser")
    wrong = await demo_directory.client.post("/services", params={"serch": "a"}, json={"page": 0})
    assert wrong.json()["errors"] == [
        {"pointer": "/page", "code": "out_of_range"},
        {"pointer": "", "code": "unknown_field", "nearest": "search"},
    ]


async def test_languages_have_names(demo_directory: Any) -> None:
    services = await everything(demo_directory, "services", full=True)
    named = {one["code"]: one["name"] for service in services for one in service["languages"]}
    assert (named["spa"], named["quz"]) == ("Castellano", "Quechua Cusco")
    assert not [code for code, name in named.items() if code == name]


async def test_public_lists_are_held_by_their_tag_and_have_a_head(demo_directory: Any) -> None:
    client = demo_directory.client
    got, head = await client.get("/services"), await client.head("/services")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == got.headers["etag"]
    assert (await client.get("/services", headers={"If-None-Match": got.headers["etag"]})).status_code == 304
    export = await client.head("/services", params={"format": "ndjson"})
    assert (export.status_code, export.content, "etag" in export.headers) == (200, b"", False)


@pytest.mark.parametrize("resource", LISTS)
async def test_post_without_a_body_asks_for_everything(demo_directory: Any, resource: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}  # what `curl -X POST -d ''` names
    for headers in ({}, form):
        posted = await demo_directory.client.post(f"/{resource}", headers=headers)
        assert posted.json() == await get(demo_directory, f"/{resource}")


async def test_services_are_found_by_service_type(demo_directory: Any) -> None:
    term = str(service_type_term("PRO-SAU").id)
    found = await everything(demo_directory, "services", taxonomy_term_id=term, full=True)
    assert len(found) == 8
    for service in found:
        codes = [link["taxonomy_term"]["code"] for link in service["attributes"] if "taxonomy_term" in link]
        assert codes == ["PRO-SAU"]
    owners = {service["organization_id"] for service in found}
    listed = await everything(demo_directory, "organizations", taxonomy_term_id=term)
    assert {organization["id"] for organization in listed} == owners
    places = await everything(demo_directory, "service_at_locations", taxonomy_term_id=term)
    assert {link["service"]["id"] for link in places} == {service["id"] for service in found}


async def test_services_are_found_by_organization(demo_directory: Any) -> None:
    organization = (await everything(demo_directory, "services"))[0]["organization_id"]
    found = await everything(demo_directory, "services", organization_id=organization)
    assert {service["organization_id"] for service in found} == {organization}


async def test_search_ignores_accents_and_looks_at_place_organization_and_type(demo_directory: Any) -> None:
    found = await everything(demo_directory, "services", search="HUANUCO fiscal")
    assert found
    assert all("Huánuco" in service["organization"]["name"] for service in found)
    assert await everything(demo_directory, "services", search="puerto inexistente") == []
    for wildcard in ("%", "_"):
        assert await everything(demo_directory, "services", search=wildcard) == []
        assert await everything(demo_directory, "organizations", search=wildcard) == []


async def test_modified_after_keeps_what_changed_since(demo_directory: Any) -> None:
    every = await everything(demo_directory, "services")
    since_then = await everything(demo_directory, "services", modified_after=every[0]["last_modified"])
    assert len(since_then) == len(every)
    day = every[0]["last_modified"][:10]
    assert len(await everything(demo_directory, "services", modified_after=day)) == len(every)
    for later in ("2190-01-01T00:00:00Z", "2190-01-01"):
        assert await everything(demo_directory, "services", modified_after=later) == []


async def test_places_are_found_by_the_district_their_service_serves(demo_directory: Any) -> None:
    found = await everything(demo_directory, "service_at_locations", postcode="010402", full=True)
    assert found
    for link in found:
        assert {area["extent"] for area in link["service"]["service_areas"]} <= {"01", "PE"}


async def test_places_are_found_by_their_distance_from_a_district(demo_directory: Any) -> None:
    async def within(metres: str) -> set[str]:
        found = await everything(demo_directory, "service_at_locations", postcode="170101", proximity=metres)
        return {link["location"]["external_identifier"] for link in found}

    at_home, in_the_department, everywhere = [await within(metres) for metres in ("0", "300000", "3000000")]
    assert (at_home, in_the_department) == ({"170101"}, {"170101", "170201"})
    assert everywhere == in_the_department | {"150101"}
    asked = {"postcode": "170101", "proximity": "300000", "per_page": 1000}
    posted = await demo_directory.client.post("/service_at_locations", json=asked)
    assert {link["location"]["external_identifier"] for link in posted.json()["contents"]} == in_the_department
    alone = await demo_directory.client.get("/service_at_locations", params={"proximity": "5"})
    assert alone.json()["errors"] == [{"pointer": "/postcode", "code": "required"}]
    for nowhere in ("179999", "15", "her name"):
        unknown = await demo_directory.client.get("/service_at_locations", params={"postcode": nowhere})
        assert unknown.json()["errors"] == [{"pointer": "/postcode", "code": "unknown_place"}]


async def test_terms_belong_to_their_taxonomy_and_have_no_parent(demo_directory: Any) -> None:
    types = await everything(demo_directory, "taxonomy_terms", taxonomy_id=str(SERVICE_TYPE_TAXONOMY.id))
    tags = await everything(demo_directory, "taxonomy_terms", taxonomy_id=str(ACCOMMODATION_TAXONOMY.id))
    assert len(types) + len(tags) == len(await everything(demo_directory, "taxonomy_terms", top_only=True))
    assert await everything(demo_directory, "taxonomy_terms", parent_id=types[0]["id"]) == []


async def test_a_page_beyond_the_last_is_empty(demo_directory: Any) -> None:
    page = await get(demo_directory, "/services", page=999)
    assert (page["empty"], page["last_page"], page["first_page"], page["size"]) == (True, True, False, 0)


async def test_a_page_holds_at_most_a_thousand(demo_directory: Any) -> None:
    assert (await get(demo_directory, "/services", per_page=5000))["total_pages"] == 1


async def test_ndjson_is_everything_one_object_a_line(demo_directory: Any) -> None:
    response = await demo_directory.client.get("/services", params={"format": "ndjson", "per_page": 1})
    assert response.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in response.text.splitlines()]
    assert len(lines) == (await get(demo_directory, "/services"))["total_items"]
    assert all(line["demo"] is True for line in lines)


@pytest.mark.parametrize("query", [{}, {"full": "true"}], ids=["basic", "full"])
@pytest.mark.parametrize("resource", ["services", "service_at_locations", "organizations"])
async def test_an_export_and_pages_of_any_size_hold_the_same_in_the_same_order(
    demo_directory: Any, resource: str, query: dict[str, str]
) -> None:
    response = await demo_directory.client.get(f"/{resource}", params=query | {"format": "ndjson"})
    exported = [json.loads(line) for line in response.text.splitlines()]
    for line in exported:
        del line["demo"]
    for size in (1_000, SLICE * 2 + 1):
        paged: list[Any] = []
        while len(paged) < len(exported):
            page = await get(demo_directory, f"/{resource}", **query, per_page=size, page=len(paged) // size + 1)
            assert page["size"] == len(page["contents"]) > 0
            paged += page["contents"]
        assert paged == exported
    assert len({line["id"] for line in exported}) == len(exported) > SLICE


async def test_a_third_export_of_strangers_at_once_is_429_and_a_token_has_its_own(
    demo_directory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PAUSE_SECONDS", 0.01)
    held = demo_directory.service.app.state.resources.turns
    token = demo_directory.keys.issuer.token(role=Role.STATISTICS, organization_id=uuid4(), subject="S-1")
    everything = {"format": "ndjson"}
    async with held.exporting(None), held.exporting(None):
        refused = await demo_directory.client.get("/services", params=everything)
        assert refused.status_code == 429
        assert refused.json()["type"] == "urn:unavez:problem:rate_limited"
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["retry-after"] == "1"
        bearer = {"Authorization": f"Bearer {token}"}
        served = await demo_directory.client.get("/services", params=everything, headers=bearer)
        assert served.status_code == 200
        assert (await demo_directory.client.get("/services")).status_code == 200
    assert (await demo_directory.client.get("/services", params=everything)).status_code == 200


@pytest.mark.parametrize("resource", LISTS)
@pytest.mark.parametrize("wrong_id", ["7f3f9a52-5d0e-4c6b-9f57-0b8f0c6f2f11", "not-an-id"])
async def test_an_id_that_names_nothing_is_the_fixed_404(demo_directory: Any, resource: str, wrong_id: str) -> None:
    known = await demo_directory.client.get(f"/services/{uuid4()}")
    response = await demo_directory.client.get(f"/{resource}/{wrong_id}")
    assert response.status_code == 404
    assert response.content == known.content


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ({"page": "0"}, "/page", "out_of_range"),
        ({"per_page": "many"}, "/per_page", "wrong_type"),
        ({"modified_after": "yesterday"}, "/modified_after", "invalid_date"),
        ({"modified_after": "2026-02-30"}, "/modified_after", "invalid_date"),
        ({"format": "xml"}, "/format", "unknown_code"),
        ({"colour": "red"}, "", "unknown_field"),
        ({"search": "a\x00b"}, "/search", "invalid_text"),
    ],
)
async def test_a_wrong_filter_is_named_without_its_value(
    demo_directory: Any, query: dict[str, str], pointer: str, code: str
) -> None:
    response = await demo_directory.client.get("/services", params=query)
    assert response.status_code == 422
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [(pointer, code)]


async def test_an_accommodation_term_finds_nothing_in_public(demo_directory: Any) -> None:
    # Only lodgings are tagged, and no lodging is public: the filter must not tell that they exist.
    term = str(accommodation_term("women").id)
    for resource in ("services", "organizations", "service_at_locations"):
        assert (await get(demo_directory, f"/{resource}", taxonomy_term_id=term))["total_items"] == 0
        every = await get(demo_directory, f"/{resource}", taxonomy_id=str(ACCOMMODATION_TAXONOMY.id))
        assert every["total_items"] == 0


async def test_the_schemas_do_refuse_what_is_not_hsds(hsds: Hsds) -> None:
    address: dict[str, Any] = {"id": "x", "address_type": "castle"}
    broken: dict[str, Any] = {"id": str(uuid4()), "location_type": "physical", "addresses": [address]}
    found = {error.validator for error in hsds("location.json").iter_errors(broken)}
    assert {"required", "enum", "format"} <= found
