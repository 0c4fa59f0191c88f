"""A case somebody else reported belongs to the duty organization's coordinators, and to nobody before one is named."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from unavez_shared.contracts.actor import NOBODY, Role
from unavez_shared.contracts.events import (
    NEED_UNMET,
    PLAN_MADE,
    REFERRAL_ACCEPTED,
    REFERRAL_OFFERED,
    SERVICE_PUBLISHED,
    TASK_OPENED,
)

FACTS = {"age": 25, "incident": ["GBV_PARTNER"], "third_party": True, "danger": "imminent", "police_collusion": False}
PLACES = {"current": "150101"}
THIRD = {"team": [], "consent_all_proposed": False}


async def test_the_duty_organizations_coordinators_read_its_plan_make_its_calls_and_hear_its_events(
    router: Any,
) -> None:
    duty = uuid4()
    coordinator = router.bearer(Role.COORDINATOR, duty, "coordinadora-1")
    state = await router.register(FACTS, PLACES, organization_id=duty, **THIRD)
    plan = await router.client.get(f"/v1/cases/{state.case_id}/plan", headers=coordinator)
    assert plan.status_code == 200
    tasks = (await router.client.get("/v1/tasks", headers=coordinator)).json()["tasks"]
    call = next(task for task in tasks if task["code"] == "CALL_NOW")
    done = await router.client.post(f"/v1/tasks/{call['task_id']}/completion", headers=coordinator, json={})
    assert (done.status_code, done.json()["status"]) == (200, "done")
    made = await router.until_heard(lambda event: event.event_type is PLAN_MADE)
    opened = await router.until_heard(lambda event: event.event_type is TASK_OPENED)
    for event in (made, opened):
        assert (event.data.organization_id, event.data.team) == (duty, [])


async def test_a_third_partys_second_confirmation_is_a_duty_coordinators(router: Any) -> None:
    duty = uuid4()
    facts = {"age": 30, "incident": ["TRAF"], "third_party": True}
    state = await router.register(facts, PLACES, organization_id=duty, confirmed_by="quien-avisa", **THIRD)
    coordinator = router.bearer(Role.COORDINATOR, duty, "coordinadora-1")
    plan = (await router.client.get(f"/v1/cases/{state.case_id}/plan", headers=coordinator)).json()
    assert plan["confirmed_by"] == "quien-avisa"
    path = f"/v1/plans/{plan['plan_id']}/confirmation"
    for stranger in (router.bearer(Role.COORDINATOR), router.bearer(subject="quien-avisa"), router.bearer()):
        assert (await router.client.post(path, json={"second": True}, headers=stranger)).status_code == 404
    second = await router.client.post(path, json={"second": True}, headers=coordinator)
    assert (second.status_code, second.json()["second_confirmed_by"]) == (200, "coordinadora-1")


async def test_without_a_duty_organization_nobody_reads_it_and_the_first_one_named_gets_it_whole(
    start: Any, demo_states: Any
) -> None:
    duty = uuid4()
    lines = [(str(state.service_id), 1, state) for state in demo_states if state.service_type == "CH-105"]
    async with start() as router:
        await router.say(SERVICE_PUBLISHED, lines)
        state = await router.register(FACTS, PLACES, organization_id=NOBODY, **THIRD)
        offered = await router.until_heard(lambda event: event.event_type is REFERRAL_OFFERED)
        assert offered.data.team_organization_id == NOBODY
        nobody = router.bearer(Role.COORDINATOR, NOBODY)
        assert (await router.client.get("/v1/tasks", headers=nobody)).status_code == 401
        coordinator = router.bearer(Role.COORDINATOR, duty)
        assert (await router.client.get(f"/v1/cases/{state.case_id}/plan", headers=coordinator)).status_code == 404
        open_tasks = (await router.rows("SELECT count(*) FROM tasks"))[0][0]
        unmet = (await router.rows("SELECT count(*) FROM unmet_needs"))[0][0]
    for _ in range(2):
        async with start(duty_organization=duty) as router:
            coordinator = router.bearer(Role.COORDINATOR, duty)
            plan = await router.client.get(f"/v1/cases/{state.case_id}/plan", headers=coordinator)
            assert plan.status_code == 200
            seen = (await router.client.get("/v1/tasks", headers=coordinator)).json()["tasks"]
            assert len(seen) == open_tasks > 0
            needs = (await router.client.get("/v1/unmet-needs", headers=coordinator)).json()["unmet_needs"]
            assert len(needs) == unmet
            listed = await router.client.get("/v1/referrals", headers=coordinator)
            assert str(offered.subject) in listed.text
            adopted = await router.rows("SELECT case_id FROM audit WHERE action = 'case_adopted'")
            assert [row.case_id for row in adopted] == [state.case_id]


async def test_a_third_partys_case_of_the_version_before_is_taken_from_its_authors_organization(start: Any) -> None:
    async with start() as router:
        before = await router.register(FACTS, PLACES, **THIRD)
        own = await router.register({"age": 30}, PLACES)
    async with start() as router:
        coordinator = router.bearer(Role.COORDINATOR, subject="coordinadora-1")
        assert (await router.client.get(f"/v1/cases/{before.case_id}/plan", headers=coordinator)).status_code == 404
        assert (await router.client.get(f"/v1/cases/{own.case_id}/plan", headers=coordinator)).status_code == 200


async def test_an_agencys_coordinator_reads_no_plan_of_a_case_it_helps_in(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    plan = await router.plan(state)
    row = next(row for row in plan["referrals"] if row["referral_status"] == "requested")
    referral = await router.referral(row["referral_id"])
    coordinator = router.bearer(Role.COORDINATOR, organization=referral["organization_id"], subject="jefa-1")
    for path in (
        f"/v1/cases/{state.case_id}/plan",
        f"/v1/referrals/{row['referral_id']}",
    ):
        assert (await router.client.get(path, headers=coordinator)).status_code == 404
    refused = await router.client.post(f"/v1/plans/{plan['plan_id']}/confirmation", headers=coordinator, json={})
    assert refused.status_code == 404
    for path, name in (("/v1/referrals", "referrals"), ("/v1/tasks", "tasks"), ("/v1/unmet-needs", "unmet_needs")):
        assert (await router.client.get(path, headers=coordinator)).json()[name] == []
    shown = (await router.client.get("/v1/referrals", headers=router.agency(referral["organization_id"]))).text
    assert row["referral_id"] in shown
    for leads_to_the_plan in (str(state.case_id), str(state.intake_id), plan["plan_id"], state.case_code):
        assert leads_to_the_plan not in shown


async def test_events_name_the_team_and_whoever_is_the_focal_point_by_then(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V03"]["facts"], vignettes["V03"]["places"])
    first = await router.until_heard(lambda event: event.event_type is REFERRAL_OFFERED)
    assert first.data.team == state.team
    for kind in (PLAN_MADE, NEED_UNMET):
        assert all(event.data.team == state.team for event in router.heard if event.event_type is kind)
    named = await router.client.put(
        f"/v1/cases/{state.case_id}/focal-point", headers=router.bearer(), json={"subject": "trabajadora-2"}
    )
    assert named.status_code == 200
    agency = router.agency(first.data.organization_id)
    assert (await router.move(first.subject, "accepted", 1, agency)).status_code == 200
    accepted = await router.until_heard(lambda event: event.event_type is REFERRAL_ACCEPTED)
    assert accepted.data.team == sorted([*state.team, "trabajadora-2"])


async def test_what_a_reporter_is_advised_is_the_same_in_every_preview_and_no_work_item(router: Any) -> None:
    said = []
    for facts in (
        FACTS,
        {"age": 30, "incident": ["TRAF"], "third_party": True},
        {"age": 12, "incident": ["TRAF"], "third_party": True},
        {"age": 40, "third_party": True},
    ):
        body = {"facts": facts, "places": PLACES}
        preview = await router.client.post("/v1/plans/preview", json=body, headers=router.bearer())
        said += [task["text"] for task in preview.json()["tasks"] if task["code"] == "REPORTER-ADVICE"]
        await router.register(facts, PLACES, organization_id=uuid4(), **THIRD)
    assert len(said) == 4
    assert all(text == said[0] for text in said)
    assert "Línea 100" in said[0]["es"]
    assert await router.rows("SELECT 1 FROM tasks WHERE code = 'REPORTER-ADVICE'") == []
    assert all(event.data.code != "REPORTER-ADVICE" for event in router.heard if event.event_type is TASK_OPENED)
