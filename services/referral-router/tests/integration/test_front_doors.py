"""A front door answers: what it reads of its houses, and when her team sees what (SAFETY N1, ADR 19)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from unavez_referral_router.api.resources import Resources
from unavez_referral_router.domain.referrals.deadlines import next_half_hour
from unavez_referral_router.use_cases.show_to_team import show_to_team
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import DeliveryExhausted
from unavez_shared.contracts.events import (
    DELIVERY_EXHAUSTED,
    NEED_UNMET,
    REFERRAL_ACCEPTED,
    REFERRAL_DECLINED,
    REFERRAL_SHOWN,
    TASK_OPENED,
)
from unavez_shared.privacy.case_keys import CaseKeys

HOUSED = {"age": 29, "gender": "F", "incident": ["TRAF"], "needs_shelter": True}


def resources(router: Any) -> Resources:
    found: Resources = router.service.app.state.resources
    return found


def seven_past(router: Any) -> datetime:
    """Put the clock at seven minutes after a half hour and return the next one."""
    now = router.clock.now()
    router.clock.ahead += next_half_hour(now) + timedelta(minutes=7) - now
    return next_half_hour(router.clock.now())


def set_clock(router: Any, moment: datetime) -> None:
    router.clock.ahead += moment - router.clock.now()


async def asked(router: Any, state: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the referral her team sees at the front door, and that front door's headers."""
    row = await router.row(state, "SHL-HRT")
    assert row["referral_status"] == "requested"
    referral = await router.referral(row["referral_id"])
    return referral, router.agency(referral["organization_id"])


async def latest(router: Any, state: Any) -> dict[str, Any]:
    """Return the last referral of the shelter row as it stands in the database."""
    rows = [row for row in await router.table("referrals") if row["case_id"] == state.case_id]
    return max((row for row in rows if row["service_type"] == "SHL-HRT"), key=lambda row: row["number"])


async def seen(router: Any, state: Any) -> list[Any]:
    """Return everything her team can read about the case."""
    headers = router.bearer()
    referrals = (await router.client.get("/v1/referrals", headers=headers)).json()
    tasks = (await router.client.get("/v1/tasks", headers=headers)).json()
    one_by_one = [await router.referral(one["referral_id"]) for one in referrals["referrals"]]
    open_ones = (await router.client.get("/v1/referrals?status=requested", headers=headers)).json()
    coordinator = router.bearer(Role.COORDINATOR, subject="coordinadora-1")
    unmet = (await router.client.get("/v1/unmet-needs", headers=coordinator)).json()
    return [await router.plan(state), referrals, tasks, one_by_one, open_ones, unmet]


def fled_from_all_houses(demo_states: Any) -> dict[str, Any]:
    shelters = [state for state in demo_states if state.service_type == "SHL-HRT"]
    houses = [shelter.location_district for shelter in shelters if "08" in shelter.served_areas]
    return {"current": "080101", "exploitation": houses}


async def test_a_front_door_reads_its_houses_after_it_accepted_and_nobody_else_does(router: Any) -> None:
    state = await router.register(HOUSED, {"current": "080101", "exploitation": ["170101"]})
    team, door = await asked(router, state)
    assert "houses" not in team
    assert (await router.referral(team["referral_id"], door))["houses"] is None
    other = await router.row(state, "PRO-CEM")
    agency = router.agency((await router.referral(other["referral_id"]))["organization_id"])
    assert (await router.move(other["referral_id"], "accepted", 1, agency)).json()["houses"] is None
    accepted = await router.move(team["referral_id"], "accepted", 1, door)
    assert [house.keys() for house in accepted.json()["houses"]] == [{"service_id", "name"}] * 2
    assert (await router.referral(team["referral_id"], door))["houses"] == accepted.json()["houses"]
    assert "houses" not in (await router.client.get("/v1/referrals", headers=door)).json()["referrals"][0]
    assert "houses" not in await router.referral(team["referral_id"])
    disclosed = await router.rows("SELECT actor, detail FROM audit WHERE action = 'houses_disclosed'")
    assert [(row.actor, row.detail["fits"]) for row in disclosed] == [("agente-1", True)] * 2
    assert (await router.move(team["referral_id"], "failed", 2, door, reason="no_place")).status_code == 200
    assert (await router.referral(team["referral_id"], door))["houses"] is None


async def test_that_no_house_fits_is_told_to_who_accepts_and_stays_in_the_audit(router: Any, demo_states: Any) -> None:
    state = await router.register(HOUSED, fled_from_all_houses(demo_states))
    half_hour = seven_past(router)
    first, door = await asked(router, state)
    assert (await router.referral(first["referral_id"], door))["houses"] is None
    refused = await router.move(first["referral_id"], "accepted", 1, door)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:unavez:problem:no_house_fits")
    (row,) = await router.rows("SELECT subject_id, detail FROM audit WHERE action = 'houses_disclosed'")
    assert (row.subject_id, row.detail) == (first["referral_id"], {"fits": False})
    assert (await router.referral(first["referral_id"], door))["version"] == 1
    said = await router.move(first["referral_id"], "rejected", 1, door, reason="out_of_area", note_code="no-cerca")
    assert (said.status_code, said.json()["reason"]) == (200, "other")
    set_clock(router, half_hour)
    history = (await router.referral(first["referral_id"]))["history"]
    assert (history[-1]["reason"], history[-1]["note_code"]) == ("other", None)


async def test_an_answer_on_behalf_of_a_front_door_tells_her_team_nothing_of_its_houses(
    router: Any, demo_states: Any
) -> None:
    state = await router.register(HOUSED, fled_from_all_houses(demo_states))
    first, door = await asked(router, state)
    behalf = {"channel": "phone", "who": "operadora inventada"}
    answer = await router.move(first["referral_id"], "accepted", 1, router.bearer(), on_behalf_of=behalf)
    assert (answer.status_code, answer.json().get("houses")) == (200, None)
    assert await router.rows("SELECT 1 FROM audit WHERE action = 'houses_disclosed'") == []
    assert (await router.referral(first["referral_id"], door))["houses"] == []


async def test_a_front_door_may_have_a_house_the_router_does_not_know_of(router: Any, demo_states: Any) -> None:
    state = await router.register(HOUSED, fled_from_all_houses(demo_states))
    first, door = await asked(router, state)
    accepted = await router.move(first["referral_id"], "accepted", 1, door, note_code="other_house")
    assert (accepted.status_code, accepted.json()["houses"]) == (200, [])
    assert "other_house" not in str(await router.referral(first["referral_id"]))


async def test_nothing_her_team_reads_changes_before_the_half_hour_after_a_refusal(router: Any) -> None:
    state = await router.register(HOUSED, {"current": "080101", "exploitation": ["170101"]})
    half_hour = seven_past(router)
    first, door = await asked(router, state)
    before = await seen(router, state)
    assert (await router.move(first["referral_id"], "rejected", 1, door, reason="no_place")).status_code == 200
    following = await latest(router, state)
    assert following["status"] == "requested"
    next_door = router.agency(following["organization_id"])
    assert (await router.referral(str(following["referral_id"]), next_door))["status"] == "requested"
    lost = DeliveryExhausted(
        organization_id=following["organization_id"], referral_id=following["referral_id"], reason="no_channel"
    )
    await router.say(DELIVERY_EXHAUSTED, [(str(following["referral_id"]), 1, lost)])
    set_clock(router, half_hour - timedelta(seconds=20))
    assert await show_to_team(resources(router).database, resources(router).stores) == 0
    assert await seen(router, state) == before
    unknown = await router.client.get(f"/v1/referrals/{following['referral_id']}", headers=router.bearer())
    assert unknown.status_code == 404
    set_clock(router, half_hour)
    row = await router.row(state, "SHL-HRT")
    assert row["referral_id"] == str(following["referral_id"])
    second = await router.referral(row["referral_id"])
    assert [offer["status"] for offer in second["offered_to"]] == ["rejected", "requested"]
    times = [second["offered_to"][1]["offered_at"], second["history"][0]["at"]]
    times += [step["at"] for step in (await router.referral(first["referral_id"]))["history"][1:]]
    assert {datetime.fromisoformat(time) for time in times} == {half_hour}
    set_clock(router, half_hour + timedelta(seconds=30))  # no channel: so long after the offer as it was in truth
    tasks = (await router.client.get("/v1/tasks", headers=router.bearer())).json()["tasks"]
    (call,) = [task for task in tasks if task["referral_id"] == second["referral_id"]]
    assert call["code"] == "CALL_NOW"
    assert half_hour < datetime.fromisoformat(call["opened_at"]) < half_hour + timedelta(seconds=30)
    assert call["due_at"] == second["respond_by"]


async def test_her_teams_events_come_at_the_half_hour_once_and_the_agencies_at_once(router: Any) -> None:
    state = await router.register(HOUSED, {"current": "080101", "exploitation": ["170101"]})
    half_hour = seven_past(router)
    first, _ = await asked(router, state)
    said: list[Any] = []
    while True:
        last = await latest(router, state)
        if last["status"] != "requested":
            break
        said.append(str(last["referral_id"]))
        agency = router.agency(last["organization_id"])
        assert (await router.move(said[-1], "rejected", 1, agency)).status_code == 200
        declined = await router.until_heard(
            lambda event: event.event_type is REFERRAL_DECLINED and event.subject == said[-1]
        )
        assert (declined.data.team_shown_at, declined.data.status) == (half_hour, "rejected")
    late = (REFERRAL_SHOWN, NEED_UNMET, TASK_OPENED)
    before = [event.subject for event in router.heard if event.event_type in late]
    set_clock(router, half_hour)
    shown = [
        await router.until_heard(lambda event, one=one: event.event_type is REFERRAL_SHOWN and event.subject == one)
        for one in said
    ]
    assert {(event.data.status, event.data.team_shown_at) for event in shown} == {("rejected", None)}
    task = await router.until_heard(lambda event: event.event_type is TASK_OPENED and event.subject not in before)
    assert task.data.code == "UNMET-NEED"
    await router.until_heard(lambda event: event.event_type is NEED_UNMET and event.subject not in before)
    assert await show_to_team(resources(router).database, resources(router).stores) == 0
    subjects = [event.subject for event in router.heard if event.event_type in late]
    assert len(subjects) == len(set(subjects))
    assert first["referral_id"] == said[0]
    assert (await router.row(state, "SHL-HRT"))["referral_status"] == "rejected"


async def test_no_id_her_team_reads_at_the_half_hour_tells_the_minute_of_a_refusal(router: Any) -> None:
    state = await router.register(HOUSED, {"current": "080101", "exploitation": ["170101"]})
    half_hour = seven_past(router)
    headers, coordinator = router.bearer(), router.bearer(Role.COORDINATOR, subject="coordinadora-1")

    async def read() -> dict[str, set[str]]:
        pages = [("tasks", "task_id", headers), ("unmet_needs", "unmet_id", coordinator)]
        pages.append(("referrals", "referral_id", headers))
        found = {}
        for name, key, who in pages:
            page = (await router.client.get(f"/v1/{name.replace('_', '-')}", headers=who)).json()
            found[key] = {one[key] for one in page[name]}
        return found

    before = await read()
    while (last := await latest(router, state))["status"] == "requested":
        door = router.agency(last["organization_id"])
        assert (await router.move(str(last["referral_id"]), "rejected", 1, door)).status_code == 200
    assert await read() == before
    set_clock(router, half_hour)
    for key, ids in (await read()).items():
        new = ids - before[key]
        assert {(key, UUID(one).version) for one in new} == {(key, 4)}


async def test_an_acceptance_is_seen_at_once_with_the_refusals_before_it(router: Any) -> None:
    state = await router.register(HOUSED, {"current": "080101", "exploitation": ["170101"]})
    seven_past(router)
    first, door = await asked(router, state)
    assert (await router.move(first["referral_id"], "rejected", 1, door)).status_code == 200
    second = await latest(router, state)
    next_door = router.agency(second["organization_id"])
    accepted = await router.move(str(second["referral_id"]), "accepted", 1, next_door, note_code="other_house")
    assert accepted.status_code == 200
    row = await router.row(state, "SHL-HRT")
    assert (row["referral_id"], row["referral_status"]) == (str(second["referral_id"]), "accepted")
    assert (await router.referral(first["referral_id"]))["status"] == "rejected"
    await router.until_heard(lambda event: event.event_type is REFERRAL_ACCEPTED)
    kinds = [event.event_type for event in router.heard if event.subject in {first["referral_id"], row["referral_id"]}]
    assert kinds.index(REFERRAL_SHOWN) < kinds.index(REFERRAL_ACCEPTED)


async def test_a_step_her_team_tries_is_judged_by_what_it_sees_and_a_late_one_shows_the_rest(router: Any) -> None:
    state = await router.register(HOUSED, {"current": "080101", "exploitation": ["170101"]})
    seven_past(router)
    first, door = await asked(router, state)
    referral_id, behalf = first["referral_id"], {"channel": "phone", "who": "operadora inventada"}

    async def probe(version: int, to: str) -> Any:
        answer = await router.move(referral_id, to, version, router.bearer(), on_behalf_of=behalf)
        return answer.status_code, answer.json()["type"]

    probes = [(2, "accepted"), (1, "completed"), (1, "expired")]
    before = [await probe(*each) for each in probes]
    assert (await router.move(referral_id, "rejected", 1, door)).status_code == 200
    assert [await probe(*each) for each in probes] == before
    assert (await router.referral(referral_id))["status"] == "requested"
    assert await probe(1, "accepted") == (409, "urn:unavez:problem:version_conflict")
    row = await router.row(state, "SHL-HRT")
    assert row["referral_id"] != referral_id
    assert (await router.referral(referral_id))["status"] == "rejected"
    late = await router.rows("SELECT actor, subject_id FROM audit WHERE action = 'step_came_late'")
    assert [tuple(one) for one in late] == [("trabajadora-1", referral_id)]
    await router.until_heard(lambda event: event.event_type is REFERRAL_SHOWN and event.subject == referral_id)


async def test_what_an_erased_case_was_to_show_is_shown_to_nobody(router: Any) -> None:
    state = await router.register(HOUSED, {"current": "080101", "exploitation": ["170101"]})
    half_hour = seven_past(router)
    first, door = await asked(router, state)
    assert (await router.move(first["referral_id"], "rejected", 1, door)).status_code == 200
    keys: CaseKeys = resources(router).stores.dossiers._keys  # type: ignore[attr-defined]
    await keys.destroy(state.case_id)
    set_clock(router, half_hour)
    await show_to_team(resources(router).database, resources(router).stores)
    assert await router.rows("SELECT 1 FROM referrals WHERE shown_at IS NOT NULL") == []
    assert [event for event in router.heard if event.event_type is REFERRAL_SHOWN] == []
