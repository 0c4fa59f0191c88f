"""Work for people: who is called or visited, and with which sheet (SAFETY N13)."""

from __future__ import annotations

from typing import Any

from unavez_shared.contracts.actor import Role


async def _tasks(router: Any, role: Role = Role.FRONTLINE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await router.client.get("/v1/tasks", headers=router.bearer(role))).json()["tasks"]
    return found


async def test_a_service_that_takes_paper_only_is_handed_a_sheet_by_her_team(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V04"]["facts"], vignettes["V04"]["places"])
    first = await router.row(state, "PRO-SAR")
    assert (first["delivery"], first["referral_status"]) == ("system", "requested")
    assert "HAND_OVER_PAPER" not in {task["code"] for task in await _tasks(router)}
    agency = router.agency((await router.referral(first["referral_id"]))["organization_id"])
    assert (await router.move(first["referral_id"], "rejected", 1, agency)).status_code == 200

    referral_id = (await router.row(state, "PRO-SAR"))["referral_id"]
    handed = [task for task in await _tasks(router) if task["code"] == "HAND_OVER_PAPER"]
    (task,) = handed
    offer = await router.referral(referral_id)
    assert offer["status"] == "requested"
    assert (task["referral_id"], task["status"]) == (referral_id, "open")
    assert (task["service_type"], task["receiver_service_type"]) == ("PRO-SAR", "JUS-JPAZ")
    assert task["receiver_organization_id"] == offer["organization_id"]
    assert task["sheet_url"].endswith(f"/intake/v1/referrals/{referral_id}/sheet")
    assert task["sheet_url"].startswith("http")
    assert task["es"] == "Entregar la hoja en mano"

    behalf = {"channel": "paper", "who": "mesa de partes inventada"}
    assert (await router.move(referral_id, "accepted", 1, router.bearer(), on_behalf_of=behalf)).status_code == 200
    done = await router.client.post(f"/v1/tasks/{task['task_id']}/completion", headers=router.bearer(), json={})
    assert (done.status_code, done.json()["status"], done.json()["sheet_url"]) == (200, "done", task["sheet_url"])


async def test_a_call_has_its_sheet_to_read_from_and_no_other_task_has_one(router: Any, vignettes: Any) -> None:
    await router.register({**vignettes["V04"]["facts"], "police_collusion": False}, vignettes["V04"]["places"])
    await router.register(vignettes["V01"]["facts"], vignettes["V01"]["places"])
    for role in (Role.FRONTLINE, Role.COORDINATOR):
        tasks = await _tasks(router, role)
        calls = [task for task in tasks if task["code"] == "CALL_NOW"]
        others = [task for task in tasks if task["code"] not in {"CALL_NOW", "HAND_OVER_PAPER"}]
        assert calls
        assert others
        for task in calls:
            assert task["sheet_url"].endswith(f"/intake/v1/referrals/{task['referral_id']}/sheet")
        assert {task["sheet_url"] for task in others} == {None}
