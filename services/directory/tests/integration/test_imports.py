"""Imports: all or nothing, only what differs, real and fictional apart, every change announced with its sequence."""

from __future__ import annotations

import copy
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from unavez_directory.operations import export_directory, import_directory, is_empty
from unavez_directory.settings import Settings
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.errors import ConflictError, StartupError
from unavez_shared.contracts.event_data import Tier
from unavez_shared.contracts.events import SERVICE_CHANGED, SERVICE_PUBLISHED, SERVICE_SUSPENDED
from unavez_shared.protocol.places import points

Bundle = dict[str, Any]


def edited(bundle: Bundle, kind: str, index: int, **changes: Any) -> Bundle:
    result = copy.deepcopy(bundle)
    result[kind][index] |= changes
    return result


async def test_an_import_announces_every_service_hidden_ones_too(directory: Any, small_bundle: Bundle) -> None:
    response = await directory.post_bundle(small_bundle)
    assert response.status_code == 200
    assert response.json() == {
        "organizations_created": 2,
        "organizations_changed": 0,
        "locations_created": 2,
        "locations_changed": 0,
        "services_published": 2,
        "services_changed": 0,
        "services_suspended": 0,
        "unchanged": 0,
        "demo": True,
    }
    centre, house = await directory.events()
    assert {centre.event_type, house.event_type} == {SERVICE_PUBLISHED}
    assert (centre.sequence, house.sequence) == (1, 1)
    assert centre.subject == small_bundle["services"][0]["id"]
    assert centre.data.location_district == "170101"
    assert centre.data.languages == ["spa", "quz"]
    assert (centre.data.phone, centre.data.phone_verified_on) == ("000 000 001", "2026-06-01")
    assert (house.data.tier, house.data.available, house.data.demo) == (Tier.HIDDEN, 4, True)
    assert house.data.front_door_organization_id == centre.data.organization_id
    assert (centre.data.organization_name, centre.data.front_door_name) == ("Centro Uno (ficticio)",) * 2
    assert house.data.organization_name == "Casa Secreta Xyzzy (ficticia)"
    assert house.data.front_door_name == "Centro Uno (ficticio)"
    assert "directory_imported" in await directory.audited()


async def test_a_place_is_as_far_as_its_own_coordinates_say(directory: Any, small_bundle: Bundle) -> None:
    # A tenth of a degree north of the district's capital: 11.1 km.
    latitude, longitude = points()["170101"]
    await directory.post_bundle(
        edited(small_bundle, "locations", 0, latitude=round(latitude + 0.1, 6), longitude=round(longitude, 6))
    )
    for metres, found in ((11_000, 0), (11_200, 1)):
        asked = {"postcode": "170101", "proximity": metres}
        page = (await directory.client.get("/service_at_locations", params=asked)).json()
        assert page["total_items"] == found


async def test_the_same_bundle_again_changes_nothing(directory: Any, small_bundle: Bundle) -> None:
    await directory.post_bundle(small_bundle)
    again = (await directory.post_bundle(small_bundle)).json()
    assert again["unchanged"] == 6
    assert len(await directory.events()) == 2


async def test_a_changed_service_is_announced_with_the_next_sequence(directory: Any, small_bundle: Bundle) -> None:
    await directory.post_bundle(small_bundle)
    await directory.post_bundle(edited(small_bundle, "services", 0, name="Otra (ficticia)"))
    *_, last = await directory.events()
    assert (last.event_type, last.sequence, last.data.name) == (SERVICE_CHANGED, 2, "Otra (ficticia)")
    assert len(await directory.events()) == 3


async def test_a_moved_place_changes_the_services_there(directory: Any, small_bundle: Bundle) -> None:
    await directory.post_bundle(small_bundle)
    before = (await directory.client.get("/services")).json()["contents"][0]["last_modified"]
    moved = edited(small_bundle, "locations", 0, ubigeo="170201") | {"services": [], "organizations": []}
    assert (await directory.post_bundle(moved)).json()["services_changed"] == 1
    *_, last = await directory.events()
    assert (last.event_type, last.sequence, last.data.location_district) == (SERVICE_CHANGED, 2, "170201")
    assert (await directory.client.get("/services")).json()["contents"][0]["last_modified"] > before


async def test_a_renamed_organization_publishes_its_services_and_those_it_answers_for_again(
    directory: Any, small_bundle: Bundle
) -> None:
    await directory.post_bundle(small_bundle)
    before = (await directory.client.get("/services")).json()["contents"][0]["last_modified"]
    renamed = edited(small_bundle, "organizations", 0, name="Centro Dos (ficticio)", phone="000 000 002")
    assert (await directory.post_bundle(renamed)).json()["services_changed"] == 2
    *_, one, other = await directory.events()
    assert {one.subject, other.subject} == {entry["id"] for entry in small_bundle["services"]}
    for event in (one, other):
        assert (event.event_type, event.sequence) == (SERVICE_CHANGED, 2)
        assert (event.data.front_door_name, event.data.front_door_phone) == ("Centro Dos (ficticio)", "000 000 002")
    assert {event.data.organization_name for event in (one, other)} == {
        "Centro Dos (ficticio)",
        "Casa Secreta Xyzzy (ficticia)",
    }
    assert (await directory.client.get("/services")).json()["contents"][0]["last_modified"] > before


async def test_closing_suspends_and_opening_publishes_again(directory: Any, small_bundle: Bundle) -> None:
    await directory.post_bundle(small_bundle)
    await directory.post_bundle(edited(small_bundle, "services", 0, status="temporarily closed"))
    await directory.post_bundle(small_bundle)
    *_, closed, opened = await directory.events()
    assert (closed.event_type, closed.sequence, closed.data.active) == (SERVICE_SUSPENDED, 2, False)
    assert (opened.event_type, opened.sequence, opened.data.active) == (SERVICE_PUBLISHED, 3, True)


async def test_hiding_a_service_takes_it_out_of_every_public_answer(directory: Any, small_bundle: Bundle) -> None:
    await directory.post_bundle(small_bundle)
    hidden = edited(small_bundle, "services", 0, tier="hidden")
    await directory.post_bundle(hidden)
    assert (await directory.client.get("/services")).json()["total_items"] == 0
    assert (await directory.client.get("/service_at_locations")).json()["total_items"] == 0


async def test_one_fault_and_nothing_is_imported(directory: Any, small_bundle: Bundle) -> None:
    response = await directory.post_bundle(edited(small_bundle, "services", 1, served_areas=["17", "xx"]))
    assert response.status_code == 422
    assert response.json()["errors"] == [{"pointer": "/services/1/served_areas/1", "code": "unknown_place"}]
    assert await directory.events() == []
    assert await directory.audited() == []
    assert await is_empty(directory.settings)


async def test_a_place_cannot_hold_a_hidden_and_a_public_service(directory: Any, small_bundle: Bundle) -> None:
    await directory.post_bundle(small_bundle)
    house = small_bundle["services"][1]
    beside = small_bundle["services"][0] | {
        "id": str(uuid4()),
        "organization_id": house["organization_id"],
        "location_id": house["location_id"],
    }
    response = await directory.post_bundle(small_bundle | {"services": [beside]})
    assert response.status_code == 422
    assert response.json()["errors"] == [{"pointer": "/services/0/location_id", "code": "confidential_place_shared"}]
    assert (await directory.client.get("/services")).json()["total_items"] == 1


async def test_real_data_does_not_enter_a_demo(directory: Any, small_bundle: Bundle) -> None:
    response = await directory.post_bundle(small_bundle | {"fictional": False})
    assert (response.status_code, response.json()["type"]) == (409, "urn:unavez:problem:fictional_mismatch")
    assert await is_empty(directory.settings)


async def test_fictional_data_does_not_enter_a_real_installation(
    fresh_databases: str, settings_for: Callable[..., Settings], keys: Any, start: Any, bundle: Bundle
) -> None:
    real = settings_for(fresh_databases, demo=False)
    async with start(real, keys) as directory:
        assert (await directory.client.get("/services")).json()["demo"] is False
        with pytest.raises(ConflictError):
            await import_directory(real, bundle)
        assert await is_empty(real)
        with pytest.raises(StartupError):
            await import_directory(settings_for(fresh_databases, demo=True), bundle)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DIRECTORY_EDITOR])
async def test_only_a_directory_editor_imports_and_exports(directory: Any, role: Role) -> None:
    headers = directory.bearer(role)
    # The body is malformed on purpose: 403 comes before anybody reads it.
    assert (await directory.client.post("/v1/imports", content=b"{", headers=headers)).status_code == 403
    assert (await directory.client.get("/v1/exports", headers=headers)).status_code == 403


async def test_nobody_imports_without_a_token(directory: Any) -> None:
    assert (await directory.client.post("/v1/imports", content=b"{")).status_code == 401
    assert (await directory.client.get("/v1/exports")).status_code == 401


async def test_the_demo_directory_is_imported_within_three_seconds(directory: Any, bundle: Bundle) -> None:
    started = time.perf_counter()
    imported = await import_directory(directory.settings, bundle)
    assert time.perf_counter() - started < 3
    assert imported.services_published == len(bundle["services"])
    events = Counter(event.event_type.name for event in await directory.events())
    assert events == {SERVICE_PUBLISHED.name: len(bundle["services"])}
    assert (await directory.post_bundle(bundle)).status_code == 200


async def test_the_command_line_exports_what_the_route_exports(directory: Any, small_bundle: Bundle) -> None:
    await directory.post_bundle(small_bundle)
    exported = await export_directory(directory.settings)
    assert [UUID(str(entry["id"])) for entry in exported["services"]] == [UUID(small_bundle["services"][0]["id"])]
