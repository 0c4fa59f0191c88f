"""An agency reports the free places of its own service, and of no other."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.events import CAPACITY_CHANGED, SERVICE_CHANGED

Bundle = dict[str, Any]


def path(service: Bundle) -> str:
    return f"/v1/services/{service['id']}/capacity"


async def report(directory: Any, service: Bundle, body: Any, role: Role = Role.AGENCY, owner: str | None = None) -> Any:
    headers = directory.bearer(role, UUID(owner or service["organization_id"]))
    return await directory.client.put(path(service), json=body, headers=headers)


async def test_a_report_is_kept_and_announced(directory: Any, small_bundle: Bundle) -> None:
    await directory.post_bundle(small_bundle)
    centre, house = small_bundle["services"]
    response = await report(directory, house, {"unit": "bed", "available": 2, "maximum": 8})
    assert response.status_code == 200
    assert {name: response.json()[name] for name in ("service_id", "unit", "available", "maximum", "demo")} == {
        "service_id": house["id"],
        "unit": "bed",
        "available": 2,
        "maximum": 8,
        "demo": True,
    }
    *_, event = await directory.events()
    assert (event.event_type, event.subject, event.sequence) == (CAPACITY_CHANGED, house["id"], 2)
    assert (event.data.available, event.data.maximum, event.data.unit) == (2, 8, "bed")
    assert "capacity_reported" in await directory.audited()
    await report(directory, centre, {"unit": "cupo", "available": 0})
    shown = (await directory.client.get(f"/services/{centre['id']}")).json()
    assert [(each["unit"]["name"], each["available"]) for each in shown["capacities"]] == [("cupo", 0)]


async def test_a_later_import_neither_overwrites_a_report_nor_repeats_a_sequence(
    directory: Any, small_bundle: Bundle
) -> None:
    await directory.post_bundle(small_bundle)
    house = small_bundle["services"][1]
    await report(directory, house, {"unit": "bed", "available": 0})
    house["name"] = "Otro hogar (ficticio)"
    await directory.post_bundle(small_bundle)
    *_, event = await directory.events()
    assert (event.event_type, event.sequence, event.data.available) == (SERVICE_CHANGED, 3, 0)


async def test_another_organizations_service_is_the_same_404_as_none(directory: Any, small_bundle: Bundle) -> None:
    await directory.post_bundle(small_bundle)
    _, house = small_bundle["services"]
    front_door = house["front_door_organization_id"]
    # The body is invalid on purpose: existence is decided first.
    foreign = await report(directory, house, {"available": "many"}, owner=front_door)
    missing = await report(directory, {"id": str(uuid4()), "organization_id": front_door}, {})
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert foreign.content == missing.content
    assert len(await directory.events()) == 2


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AGENCY])
async def test_only_the_agency_role_reports(directory: Any, small_bundle: Bundle, role: Role) -> None:
    await directory.post_bundle(small_bundle)
    response = await report(directory, small_bundle["services"][1], {"available": "many"}, role)
    assert response.status_code == 403


async def test_nobody_reports_without_a_token(directory: Any, small_bundle: Bundle) -> None:
    response = await directory.client.put(path(small_bundle["services"][0]), json={"unit": "bed", "available": 1})
    assert response.status_code == 401


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"unit": "bed", "available": -1}, "/available", "out_of_range"),
        ({"unit": "bed", "available": 9, "maximum": 8}, "/available", "above_maximum"),
        ({"unit": "", "available": 1}, "/unit", "too_short"),
        ({"available": 1}, "/unit", "required"),
        ({"unit": "bed", "available": 1, "who": "her"}, "", "unknown_field"),
    ],
)
async def test_an_impossible_report_changes_nothing(
    directory: Any, small_bundle: Bundle, body: Bundle, pointer: str, code: str
) -> None:
    await directory.post_bundle(small_bundle)
    response = await report(directory, small_bundle["services"][1], body)
    assert response.status_code == 422
    assert response.json()["errors"] == [{"pointer": pointer, "code": code}]
    assert len(await directory.events()) == 2
