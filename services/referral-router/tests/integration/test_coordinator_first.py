"""A case beyond the usual number: what a coordinator confirms, who is called meanwhile, and what is called after it."""

from __future__ import annotations

from typing import Any

import pytest

from unavez_referral_router.adapters.measures import held_cases
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import DeliveryExhausted
from unavez_shared.contracts.events import DELIVERY_EXHAUSTED, REFERRAL_OFFERED
from unavez_shared.observability.metrics import REGISTRY


async def test_a_case_beyond_the_usual_number_leaves_after_a_coordinator_confirms_and_is_counted_until_then(
    router: Any, vignettes: Any
) -> None:
    worker = "trabajadora-1"
    state = await router.register(
        vignettes["V01"]["facts"], vignettes["V01"]["places"], coordinator_first=True, author=worker
    )
    plan = await router.plan(state)
    assert {tuple(row["withheld_for"]) for row in plan["referrals"]} == {("coordinator",)}
    assert {row["referral_status"] for row in plan["referrals"]} <= {"draft", None}
    assert plan["status"] == "proposed"
    assert not [event for event in router.heard if event.event_type is REFERRAL_OFFERED]
    tasks = (await router.client.get("/v1/tasks", headers=router.bearer())).json()["tasks"]
    calls = [task for task in tasks if task["code"] == "CALL_NOW"]
    assert {task["service_type"] for task in calls} == {"HLT-EMER", "ACC-CIT"}
    assert {task["sheet_url"] for task in calls} == {None}
    assert None not in {task["receiver_organization_name"] for task in calls}
    (sealed,) = [row["author"] for row in await router.table("cases")]
    assert worker.encode() not in sealed

    async def waiting() -> float | None:
        async with router.service.runtime.database.engine.connect() as connection:
            await held_cases().look(connection, router.clock.now())
        return REGISTRY.get_sample_value("unavez_coordinator_cases", {"service": "referral-router"})

    assert await waiting() == 1
    path = f"/v1/plans/{plan['plan_id']}/confirmation"
    for headers in (router.bearer(), router.bearer(Role.COORDINATOR), router.bearer(Role.COORDINATOR)):
        refused = await router.client.post(path, json={}, headers=headers)
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:unavez:problem:coordinator_needed"
    asks = next(task for task in tasks if task["code"] == "COORDINATOR-CONFIRMATION")
    for headers in (router.bearer(), router.bearer(Role.COORDINATOR)):
        hidden = await router.client.post(f"/v1/tasks/{asks['task_id']}/completion", json={}, headers=headers)
        assert hidden.json()["type"] == "urn:unavez:problem:coordinator_needed"
    assert await waiting() == 1
    assert not [event for event in router.heard if event.event_type is REFERRAL_OFFERED]

    coordinator = router.bearer(Role.COORDINATOR, subject="coordinadora-1")
    confirmed = await router.client.post(path, json={}, headers=coordinator)
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "confirmed")
    left = {row["service_type"] for row in confirmed.json()["referrals"] if row["referral_status"] == "requested"}
    assert {"HLT-EMER", "ACC-CIT", "PRO-UPE", "JUS-FISTRAP"} <= left
    assert await waiting() == 0
    done = (await router.client.get("/v1/tasks?status=done", headers=coordinator)).json()["tasks"]
    assert [task["code"] for task in done] == ["COORDINATOR-CONFIRMATION"]


@pytest.mark.parametrize("closed", [True, False])
async def test_a_call_closed_while_a_coordinator_was_waited_for_keeps_no_later_call_of_that_referral(
    router: Any, vignettes: Any, closed: bool
) -> None:
    state = await router.register(
        vignettes["V01"]["facts"], vignettes["V01"]["places"], coordinator_first=True, author="trabajadora-1"
    )
    coordinator = router.bearer(Role.COORDINATOR, subject="coordinadora-1")

    async def calls(status: str = "open") -> list[dict[str, Any]]:
        tasks = (await router.client.get(f"/v1/tasks?status={status}", headers=coordinator)).json()["tasks"]
        of_row = (task for task in tasks if task["service_type"] == "HLT-EMER")
        return [task for task in of_row if task["code"] == "CALL_NOW"]

    (held,) = await calls()
    assert (held["referral_id"], held["sheet_url"]) == (None, None)
    if closed:
        path = f"/v1/tasks/{held['task_id']}/completion"
        done = await router.client.post(path, json={"outcome": "unreachable"}, headers=coordinator)
        assert done.json()["receiver_organization_name"] == held["receiver_organization_name"]
    path = f"/v1/plans/{(await router.plan(state))['plan_id']}/confirmation"
    assert (await router.client.post(path, json={}, headers=coordinator)).status_code == 200
    referral = await router.referral((await router.row(state, "HLT-EMER"))["referral_id"])
    for number in (1, 2):
        failed = DeliveryExhausted(
            organization_id=referral["organization_id"], referral_id=referral["referral_id"], reason="no_channel"
        )
        await router.say(DELIVERY_EXHAUSTED, [(referral["referral_id"], number, failed)])
    (call,) = await calls()
    assert (call["referral_id"], call["receiver_organization_id"]) == (
        referral["referral_id"],
        referral["organization_id"],
    )
    assert call["sheet_url"]
    assert (call["task_id"] != held["task_id"]) is closed
    assert [task["outcome"] for task in await calls("done")] == ["unreachable"] * closed


async def test_an_invented_case_that_its_coordinator_marks_as_an_error_waits_no_more(
    router: Any, vignettes: Any
) -> None:
    state = await router.register(
        vignettes["V09"]["facts"], vignettes["V09"]["places"], coordinator_first=True, author="trabajadora-1"
    )
    coordinator = router.bearer(Role.COORDINATOR, subject="coordinadora-1")
    for row in (await router.plan(state))["referrals"]:
        if row["referral_id"] is not None:
            moved = await router.move(row["referral_id"], "entered-in-error", 0, coordinator)
            assert moved.status_code == 200, moved.text
    async with router.service.runtime.database.engine.connect() as connection:
        await held_cases().look(connection, router.clock.now())
    assert REGISTRY.get_sample_value("unavez_coordinator_cases", {"service": "referral-router"}) == 0
    assert not [event for event in router.heard if event.event_type is REFERRAL_OFFERED]
