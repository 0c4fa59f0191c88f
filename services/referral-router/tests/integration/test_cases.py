"""A case comes in: plan, offers, tasks and unmet needs in one transaction, told in the outbox."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest

from unavez_referral_router.api import plans
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.events import (
    CASE_REGISTERED,
    NEED_UNMET,
    PLAN_MADE,
    REFERRAL_OFFERED,
    REFERRAL_RESCOPED,
    TASK_OPENED,
)
from unavez_shared.web.waiting import WAITS


@pytest.mark.parametrize("case", ["V01", "V03", "V04", "V06", "V09"])
async def test_the_plan_of_each_case_is_the_expected_one_and_every_offer_is_announced(
    case: str, router: Any, vignettes: Any
) -> None:
    vignette = vignettes[case]
    state = await router.register(vignette["facts"], vignette["places"])
    plan = await router.plan(state)
    assert plan["status"] == "confirmed"
    assert sorted((row["service_type"], row["basis"], row["due_hours"]) for row in plan["referrals"]) == sorted(
        (row["service"], row["basis"], row["due_h"]) for row in vignette["expected_referrals"]
    )
    assert {need["code"] for need in plan["unmet"]} == set(vignette["expected_unmet_if_directory_lacks"])
    offered = {row["referral_id"] for row in plan["referrals"] if row["referral_status"] == "requested"}
    await router.until_heard(lambda event: event.event_type is PLAN_MADE)
    for referral_id in offered:
        await router.until_heard(
            lambda event, it=referral_id: event.event_type is REFERRAL_OFFERED and event.subject == it
        )
    assert {event.subject for event in router.heard if event.event_type is REFERRAL_OFFERED} == offered
    for row in plan["referrals"]:
        if row["withheld_for"] is not None:
            assert row["referral_status"] == ("draft" if row["candidates"] else None)
    kinds = Counter(event.event_type for event in router.heard)
    assert kinds[NEED_UNMET] == len(plan["unmet"])
    tasks = (await router.client.get("/v1/tasks", headers=router.bearer())).json()["tasks"]
    assert kinds[TASK_OPENED] == len(tasks)


async def test_a_case_heard_of_twice_is_planned_once(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    before = await router.plan(state)
    await router.say(CASE_REGISTERED, [(str(state.case_id), 1, state), (str(state.case_id), 1, state)])
    assert await router.plan(state) == before
    assert (await router.rows("SELECT count(*) FROM plans"))[0][0] == 1


async def test_many_cases_in_one_batch_are_all_planned(router: Any, vignettes: Any, case_of: Any) -> None:
    states = [case_of(vignettes[case]) for case in ("V01", "V03", "V04", "V06", "V09") for _ in range(6)]
    await router.say(CASE_REGISTERED, [(str(state.case_id), 1, state) for state in states])
    for state in states:
        assert (await router.plan(state))["status"] == "confirmed"


async def test_nothing_of_hers_is_readable_in_the_database(router: Any, vignettes: Any) -> None:
    await router.register(vignettes["V01"]["facts"], vignettes["V01"]["places"])
    tables = [row[0] for row in await router.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    tables = [table for table in tables if table != "services"]
    text = ""
    for table in tables:
        text += "\n".join(str(row) for row in await router.table(table))
    assert "trabajadora-1" in text
    for secret in ("081201", "job_offer_in_person", "wages", "suicide", "READ_ACCOUNT", "deception"):
        assert secret not in text


async def test_a_plan_that_does_not_exist_and_one_of_somebody_else_are_the_same_bytes(
    router: Any, vignettes: Any
) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    other = router.bearer(organization=state.intake_id)
    colleague = router.bearer(subject="trabajadora-2")
    agency = router.agency(state.organization_id)
    answers = [
        await router.client.get(f"/v1/cases/{state.case_id}/plan", headers=other),
        await router.client.get(f"/v1/cases/{state.case_id}/plan", headers=colleague),
        await router.client.get(f"/v1/cases/{state.case_id}/plan", headers=agency),
        await router.client.get(f"/v1/cases/{state.intake_id}/plan", headers=router.bearer()),
    ]
    assert {(a.status_code, a.headers.get("retry-after"), a.content) for a in answers} == {
        (404, "1", answers[0].content)
    }
    coordinator = router.bearer(Role.COORDINATOR, subject="coordinadora-1")
    assert (await router.client.get(f"/v1/cases/{state.case_id}/plan", headers=coordinator)).status_code == 200


async def test_a_reader_who_waits_gets_the_plan_as_soon_as_it_is_made(
    router: Any, vignettes: Any, case_of: Any
) -> None:
    state = case_of(vignettes["V09"])
    path = f"/v1/cases/{state.case_id}/plan?wait=20"
    waiting = asyncio.create_task(router.client.get(path, headers=router.bearer()))
    await router.say(CASE_REGISTERED, [(str(state.case_id), 1, state)])
    assert (await asyncio.wait_for(waiting, 5)).status_code == 200


async def test_a_longer_wait_for_a_plan_is_lowered(router: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plans._LONGEST_WAIT == 30
    monkeypatch.setattr(plans, "_LONGEST_WAIT", 0.2)
    path = f"/v1/cases/{uuid4()}/plan?wait=86400"
    answer = await asyncio.wait_for(router.client.get(path, headers=router.bearer()), 10)
    assert answer.status_code == 404


async def test_twenty_wait_for_plans_at_once_with_one_token_and_another_token_has_its_own(router: Any) -> None:
    one, other = router.bearer(), router.bearer(organization=uuid4())

    def ask(headers: dict[str, str]) -> asyncio.Task[Any]:
        return asyncio.create_task(router.client.get(f"/v1/cases/{uuid4()}/plan?wait=2", headers=headers))

    waits = [ask(headers) for headers in (one, other) for _ in range(WAITS)]
    arrivals = router.service.app.state.resources.arrivals
    async with asyncio.timeout(2):
        while len(arrivals._awaited) < len(waits):  # noqa: ASYNC110  (the waits are the product's)
            await asyncio.sleep(0.01)
    refused = await ask(one)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert {answer.status_code for answer in await asyncio.gather(*waits)} == {404}


async def test_an_unconfirmed_plan_waits_for_a_named_worker(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V03"]["facts"], vignettes["V03"]["places"], confirmed_by=None)
    plan = await router.plan(state)
    assert plan["status"] == "proposed"
    assert {row["service_type"] for row in plan["referrals"] if row["referral_status"] == "requested"} == {"ACC-CIT"}
    path = f"/v1/plans/{plan['plan_id']}/confirmation"
    stale = await router.client.post(path, json={"preview_digest": "v1.AAAA"}, headers=router.bearer())
    assert stale.status_code == 409
    answer = await router.client.post(path, json={"preview_digest": plan["preview_digest"]}, headers=router.bearer())
    assert answer.status_code == 200
    confirmed = answer.json()
    assert (confirmed["status"], confirmed["confirmed_by"]) == ("confirmed", "trabajadora-1")
    drafts = {row["service_type"] for row in confirmed["referrals"] if row["referral_status"] == "draft"}
    assert drafts == {"PRO-UDAVIT", "LAB-SUNAFIL"}
    again = await router.client.post(path, headers=router.bearer())
    assert again.json()["referrals"] == confirmed["referrals"]
    foreign = await router.client.post(path, content=b"{", headers=router.bearer(subject="trabajadora-2"))
    assert foreign.status_code == 404


async def test_what_a_packet_may_show_is_published_to_intake_alone_and_is_no_step(router: Any) -> None:
    facts = {"age": 30, "gender": "M", "incident": ["TRAF"], "danger": "imminent"}
    facts |= {"police_collusion": True, "wants_report": "yes"}
    state = await router.register(facts, {"current": "150101", "exploitation": "150102"}, confirmed_by=None)
    before = await router.row(state, "OVS-DEF")
    referral = await router.referral(before["referral_id"])
    path = f"/v1/plans/{(await router.plan(state))['plan_id']}/confirmation"
    assert (await router.client.post(path, json={}, headers=router.bearer())).status_code == 200
    assert await router.referral(before["referral_id"]) == referral
    await router.until_heard(lambda event: event.event_type is PLAN_MADE and event.data.status == "confirmed")

    of_it = [event for event in router.heard if event.subject == before["referral_id"]]
    assert [event.event_type for event in of_it] == [REFERRAL_OFFERED]
    scope = await router.until_heard(lambda event: event.event_type is REFERRAL_RESCOPED, by_intake=True)
    offered = next(event for event in router.intake_heard if event.subject == scope.subject)
    assert (scope.subject, offered.event_type) == (before["referral_id"], REFERRAL_OFFERED)
    assert (scope.sequence, scope.data.scope_version, scope.data.version) == (1, 1, referral["version"])
    assert [grant.open for grant in offered.data.grants] == [True, False]
    assert [grant.open for grant in scope.data.grants] == [True, True]
    assert offered.data.signed_steps
    assert scope.data.signed_steps


async def test_the_call_for_help_of_a_draft_leaves_once_its_guard_is_answered(router: Any, vignettes: Any) -> None:
    told = {"facts": vignettes["V04"]["facts"], "places": vignettes["V04"]["places"]}
    preview = (await router.client.post("/v1/plans/preview", json=told, headers=router.bearer())).json()
    draft = {**told, "status": "draft", "consent_all_proposed": False}
    seen = await router.register(**draft, consent_shown_digest=preview["preview_digest"])
    assert (await router.row(seen, "CH-105"))["referral_status"] == "requested"

    unseen = await router.register(**draft)
    assert (await router.row(unseen, "CH-105"))["withheld_for"] == ["confirm:/facts/police_collusion"]
    path = f"/v1/plans/{(await router.plan(unseen))['plan_id']}/confirmation"
    answer = await router.client.post(path, json={}, headers=router.bearer())
    assert (answer.status_code, answer.json()["status"]) == (200, "proposed")
    assert (await router.row(unseen, "CH-105"))["referral_status"] == "requested"


async def test_the_focal_point_sees_the_case(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    path = f"/v1/cases/{state.case_id}/plan"
    colleague = router.bearer(subject="trabajadora-2")
    assert (await router.client.get(path, headers=colleague)).status_code == 404
    named = await router.client.put(
        f"/v1/cases/{state.case_id}/focal-point", json={"subject": "trabajadora-2"}, headers=router.bearer()
    )
    assert named.status_code == 200
    assert (await router.client.get(path, headers=colleague)).status_code == 200


async def test_a_finished_readiness_task_lets_the_single_interview_go(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V01"]["facts"], vignettes["V01"]["places"])
    tasks = (await router.client.get("/v1/tasks", headers=router.bearer())).json()["tasks"]
    readiness = next(task for task in tasks if task["code"] == "READINESS")
    path = f"/v1/tasks/{readiness['task_id']}/completion"
    waiting = await router.client.post(path, json={"outcome": "not_ready"}, headers=router.bearer())
    assert (waiting.json()["status"], waiting.json()["outcome"]) == ("open", "not_ready")
    assert (await router.row(state, "JUS-GESELL"))["referral_status"] == "draft"
    done = await router.client.post(path, json={"outcome": "ready"}, headers=router.bearer())
    assert done.json()["status"] == "done"
    assert (await router.row(state, "JUS-GESELL"))["referral_status"] == "requested"
    assert (await router.client.post(path, headers=router.bearer())).status_code == 409
    assert (await router.client.post(path, headers=router.bearer(subject="otra"))).status_code == 404


async def test_coordinators_list_what_nobody_gave(router: Any, vignettes: Any) -> None:
    await router.register(vignettes["V04"]["facts"], vignettes["V04"]["places"])
    coordinator = router.bearer(Role.COORDINATOR, subject="coordinadora-1")
    needs = (await router.client.get("/v1/unmet-needs", headers=coordinator)).json()["unmet_needs"]
    assert {need["code"] for need in needs} == {"PRO-SAU", "ACC-TRANSPORT"}
    assert (await router.client.get("/v1/unmet-needs", headers=router.bearer())).status_code == 403


async def test_a_second_person_confirms_with_her_own_token_and_is_a_coordinator_of_the_organization(
    router: Any, vignettes: Any
) -> None:
    facts = {**vignettes["V04"]["facts"], "family_implicated": False, "police_collusion": False}
    state = await router.register(facts, vignettes["V04"]["places"], team=["trabajadora-1", "trabajadora-2"])
    assert (await router.row(state, "PRO-DEMUNA"))["withheld_for"] == ["second_confirmer"]
    path = f"/v1/plans/{(await router.plan(state))['plan_id']}/confirmation"

    async def confirm(second: bool | None = True, **caller: Any) -> httpx.Response:
        answer: httpx.Response = await router.client.post(
            path, json={"second": second}, headers=router.bearer(**caller)
        )
        return answer

    colleague = await confirm(subject="trabajadora-2")
    assert colleague.status_code == 409
    assert colleague.json()["type"] == "urn:unavez:problem:coordinator_needed"
    assert "coordinadora" in colleague.json()["detail"]
    assert "coordinator" in colleague.json()["detail_en"]
    assert (await confirm(role=Role.COORDINATOR, subject="trabajadora-1")).status_code == 409
    elsewhere = await confirm(role=Role.COORDINATOR, subject="coordinadora-1", organization=state.intake_id)
    assert elsewhere.status_code == 404
    assert (await router.row(state, "PRO-DEMUNA"))["referral_status"] == "draft"

    second = await confirm(role=Role.COORDINATOR, subject="coordinadora-1")
    assert (second.status_code, second.json()["second_confirmed_by"]) == (200, "coordinadora-1")
    assert (await router.row(state, "PRO-DEMUNA"))["referral_status"] == "requested"
    done = (await router.client.get("/v1/tasks?status=done", headers=router.bearer())).json()["tasks"]
    assert [task["code"] for task in done] == ["SECOND-CONFIRMATION"]
