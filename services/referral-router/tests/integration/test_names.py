"""Who stands behind an id: public organizations in every list, a front door with the offered referral or its task."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import ServiceState, SubscriptionDisabled
from unavez_shared.contracts.events import SERVICE_CHANGED, SERVICE_PUBLISHED, SUBSCRIPTION_DISABLED

GIRL = {"age": 15, "gender": "F", "incident": ["TRAF"], "needs_shelter": True}
CUSCO = {"current": "080101"}
SHELTER = "SHL-CARE"


@pytest.fixture
def door(demo_states: list[ServiceState]) -> ServiceState:
    """A house whose front door runs nothing in public, as the directory tells of it."""
    return next(state for state in demo_states if state.service_type == SHELTER and state.served_areas == ["08"])


async def previewed(router: Any) -> dict[str, Any]:
    body = {"facts": GIRL, "places": CUSCO, "consent_all_proposed": True}
    answer = await router.client.post("/v1/plans/preview", json=body, headers=router.bearer())
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def names(view: dict[str, Any]) -> dict[str, str | None]:
    return {c["organization_id"]: c["organization_name"] for row in view["referrals"] for c in row["candidates"]}


async def test_her_team_gets_name_and_contact_of_a_front_door_with_the_offer_and_not_before(
    router: Any, door: ServiceState
) -> None:
    door_id = str(door.front_door_organization_id)
    case = await router.register(GIRL, CUSCO, confirmed_by=None)
    draft = await router.referral((await router.row(case, SHELTER))["referral_id"])
    assert (draft["organization_name"], draft["organization_contact"], draft["offered_to"]) == (None, None, [])
    for view in (await previewed(router), await router.plan(case)):
        assert names(view)[door_id] is None
        assert len([name for name in names(view).values() if name]) >= 3

    plan_id = (await router.plan(case))["plan_id"]
    confirmed = await router.client.post(f"/v1/plans/{plan_id}/confirmation", json={}, headers=router.bearer())
    assert confirmed.status_code == 200
    assert names(confirmed.json())[door_id] is None
    offered = await router.referral((await router.row(case, SHELTER))["referral_id"])
    assert (offered["organization_id"], offered["organization_name"]) == (door_id, door.front_door_name)
    assert offered["organization_contact"] == {"phone": door.front_door_phone, "email": None}
    assert door.front_door_phone
    assert [each["organization_name"] for each in offered["offered_to"]] == [door.front_door_name]
    for role in (Role.FRONTLINE, Role.COORDINATOR):
        listed = (await router.client.get("/v1/referrals", headers=router.bearer(role))).json()["referrals"]
        assert {each["organization_name"] for each in listed if each["organization_id"] == door_id} == {
            door.front_door_name
        }
        assert {each["organization_name"] for each in listed if each["status"] == "draft"} <= {None}


async def test_an_agency_reads_its_own_name_and_nobodys_contact(router: Any, door: ServiceState) -> None:
    case = await router.register(GIRL, CUSCO)
    referral_id = (await router.row(case, SHELTER))["referral_id"]
    agency = router.agency(door.front_door_organization_id)
    (listed,) = (await router.client.get("/v1/referrals", headers=agency)).json()["referrals"]
    for view in (listed, await router.referral(referral_id, agency)):
        assert view["organization_name"] == door.front_door_name
        assert view.get("organization_contact") is None
        assert (view["service_id"], view["service_name"]) == (None, None)
        assert door.name not in str(view)
        assert str(door.service_id) not in str(view)
        assert door.organization_name not in str(view)


async def test_whoever_calls_a_front_door_reads_its_name_and_number_in_the_task(
    router: Any, door: ServiceState
) -> None:
    await router.register(GIRL, CUSCO)
    lost = SubscriptionDisabled(organization_id=door.front_door_organization_id, subscription_id=uuid4(), reason="gone")
    await router.say(SUBSCRIPTION_DISABLED, [(str(lost.subscription_id), 1, lost)])
    tasks = (await router.client.get("/v1/tasks", headers=router.bearer())).json()["tasks"]
    (call,) = [task for task in tasks if task["receiver_organization_id"] == str(door.front_door_organization_id)]
    assert (call["code"], call["phone"]) == ("CALL_NOW", None)
    assert call["receiver_organization_name"] == door.front_door_name
    assert call["receiver_contact"] == {"phone": door.front_door_phone, "email": None}
    assert {task["receiver_organization_name"] for task in tasks if task["receiver_organization_id"] is None} == {None}
    done = await router.client.post(f"/v1/tasks/{call['task_id']}/completion", headers=router.bearer(), json={})
    assert done.json()["receiver_organization_name"] == door.front_door_name


async def test_a_rename_is_seen_at_once_and_voids_no_preview_that_was_shown(
    router: Any, demo_states: list[ServiceState]
) -> None:
    shown = await previewed(router)
    other = dict.fromkeys(("front_door_name", "organization_name"), "Otro nombre (ficticio)")
    renamed = [state.model_copy(update=other) for state in demo_states]
    await router.say(SERVICE_CHANGED, [(str(state.service_id), 2, state) for state in renamed])
    again = await previewed(router)
    assert again["preview_digest"] == shown["preview_digest"]
    assert {name for name in names(again).values() if name} == {"Otro nombre (ficticio)"}
    case = await router.register(GIRL, CUSCO, consent_shown_digest=shown["preview_digest"])
    row = await router.row(case, SHELTER)
    assert (row["referral_status"], row["withheld_for"]) == ("requested", None)
    assert (await router.referral(row["referral_id"]))["organization_name"] == "Otro nombre (ficticio)"


async def test_services_published_before_names_were_told_route_on_without_names(
    start: Any, door: ServiceState, demo_states: list[ServiceState]
) -> None:
    told = ("organization_name", "front_door_name", "front_door_phone", "front_door_email")
    before = [ServiceState.model_validate(state.model_dump(exclude=set(told))) for state in demo_states]
    async with start() as router:
        await router.say(SERVICE_PUBLISHED, [(str(state.service_id), 1, state) for state in before])
        case = await router.register(GIRL, CUSCO)
        referral = await router.referral((await router.row(case, SHELTER))["referral_id"])
        assert UUID(referral["organization_id"]) == door.front_door_organization_id
        assert set(names(await router.plan(case)).values()) == {None}
        assert referral["organization_name"] is None
        again = [(str(state.service_id), 2, state) for state in demo_states if state.service_type == SHELTER]
        await router.say(SERVICE_CHANGED, again)
        await previewed(router)
        assert (await router.referral(referral["referral_id"]))["organization_name"] == door.front_door_name
