"""An agency answers: versions, races, the next candidate, what it may see, and the clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from unavez_referral_router.api.resources import Resources
from unavez_referral_router.use_cases.watch_offers import watch_offers
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import DeliveryExhausted, SubscriptionDisabled
from unavez_shared.contracts.events import DELIVERY_EXHAUSTED, REFERRAL_ACCEPTED, SUBSCRIPTION_DISABLED


def resources(router: Any) -> Resources:
    found: Resources = router.service.app.state.resources
    return found


async def test_fifty_concurrent_accepts_have_one_winner(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    row = await router.row(state, "REI-EDU")
    referral = await router.referral(row["referral_id"])
    headers = router.agency(referral["organization_id"])
    answers = await asyncio.gather(
        *(router.move(row["referral_id"], "accepted", referral["version"], headers) for _ in range(50))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 49
    accepted = await router.until_heard(lambda event: event.event_type is REFERRAL_ACCEPTED)
    assert (accepted.subject, accepted.sequence) == (row["referral_id"], 2)
    assert [entry.event_type for entry in router.heard].count(REFERRAL_ACCEPTED) == 1


async def test_declined_referral_is_offered_to_the_next_service(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    row = await router.row(state, "REI-MTPE")
    first = await router.referral(row["referral_id"])
    declined = await router.move(
        row["referral_id"], "rejected", 1, router.agency(first["organization_id"]), reason="out_of_mandate"
    )
    assert declined.json()["status"] == "rejected"
    after = await router.row(state, "REI-MTPE")
    second = await router.referral(after["referral_id"])
    assert second["referral_id"] != first["referral_id"]
    assert (second["status"], second["version"]) == ("requested", 1)
    assert [offer["referral_id"] for offer in second["offered_to"]] == [first["referral_id"], second["referral_id"]]


@pytest.mark.parametrize(
    ("said", "kept"),
    [("out_of_mandate", "out_of_mandate"), ("zzz", "other"), (None, "other"), ("No hay cupo", "other")],
)
async def test_a_refusal_is_heard_whatever_its_reason_and_kept_under_one_of_the_list(
    router: Any, vignettes: Any, said: str | None, kept: str
) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    row = await router.row(state, "REI-MTPE")
    agency = router.agency((await router.referral(row["referral_id"]))["organization_id"])
    declined = await router.move(row["referral_id"], "rejected", 1, agency, reason=said)
    assert (declined.status_code, declined.json()["reason"]) == (200, kept)
    assert (await router.referral(row["referral_id"]))["history"][-1]["reason"] == kept


async def test_when_nobody_is_left_the_need_is_unmet_and_a_person_is_told(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    while (row := await router.row(state, "REI-EDU"))["referral_status"] == "requested":
        referral = await router.referral(row["referral_id"])
        headers = router.agency(referral["organization_id"])
        assert (await router.move(row["referral_id"], "rejected", 1, headers, reason="full")).status_code == 200
    plan = await router.plan(state)
    assert {"code": "REI-EDU", "service_type": "REI-EDU", "reason": "full"} in plan["unmet"]
    tasks = (await router.client.get("/v1/tasks", headers=router.bearer())).json()["tasks"]
    assert "UNMET-NEED" in {task["code"] for task in tasks}


async def test_an_agency_sees_its_own_offer_and_nothing_of_the_case(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V01"]["facts"], vignettes["V01"]["places"])
    row = await router.row(state, "PRO-UPE")
    team = await router.referral(row["referral_id"])
    agency = router.agency(team["organization_id"])
    seen = await router.referral(row["referral_id"], agency)
    assert seen.keys().isdisjoint({"offered_to", "withheld_for", "history", "case_id"})
    service = (row["candidates"][0]["service_id"], seen["service_name"])
    for view in (team, seen):
        assert (view["service_id"], view["service_name"]) == service
    assert service[1]
    offered = await router.until_heard(lambda event: event.subject == row["referral_id"])
    assert (str(offered.data.service_id), offered.data.service_name) == service
    assert seen["packet_url"].endswith(f"/intake/v1/packets/{row['referral_id']}")
    shown, true = datetime.fromisoformat(seen["respond_by"]), datetime.fromisoformat(team["respond_by"])
    assert timedelta() <= shown - true < timedelta(minutes=5)
    assert shown.timestamp() % 300 == 0
    text = (await router.client.get("/v1/referrals", headers=agency)).text
    for hidden in (state.case_id, state.intake_id, state.organization_id, row["referral_id"]):
        assert (str(hidden) in text) is (str(hidden) == row["referral_id"])
    listed = (await router.client.get("/v1/referrals", headers=agency)).json()["referrals"]
    assert {referral["organization_id"] for referral in listed} == {team["organization_id"]}
    assert service in {(referral["service_id"], referral["service_name"]) for referral in listed}
    stranger = await router.client.get(f"/v1/referrals/{row['referral_id']}", headers=router.agency(uuid4()))
    missing = await router.client.get(f"/v1/referrals/{uuid4()}", headers=agency)
    assert (stranger.status_code, stranger.content) == (404, missing.content)


async def test_no_time_of_two_agencies_of_one_case_asked_at_different_moments_pairs_them(
    router: Any, vignettes: Any
) -> None:
    captured_at = datetime.now(UTC) - timedelta(hours=5)
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"], captured_at=captured_at)
    asked = {}
    for service_type in ("REI-EDU", "REI-MTPE"):
        row = await router.row(state, service_type)
        asked[service_type] = await _as_asked(router, row)
    router.clock.ahead = timedelta(minutes=47)
    first = await router.row(state, "REI-MTPE")
    agency = router.agency((await router.referral(first["referral_id"]))["organization_id"])
    assert (await router.move(first["referral_id"], "rejected", 1, agency)).status_code == 200
    second = await router.row(state, "REI-MTPE")
    asked["second"] = await _as_asked(router, second)
    team = await router.referral(second["referral_id"])
    assert datetime.fromisoformat(team["due_at"]) == captured_at + timedelta(hours=second["due_hours"])
    for earlier in ("REI-EDU", "REI-MTPE"):
        apart = [abs(one - other) for one in asked[earlier] for other in asked["second"]]
        assert min(apart) > timedelta(minutes=30), earlier


async def _as_asked(router: Any, row: dict[str, Any]) -> set[datetime]:
    """Return every moment that follows from what an agency reads, with the hours of the protocol anybody may read."""
    referral_id = row["referral_id"]
    organization_id = (await router.referral(referral_id))["organization_id"]
    headers = router.agency(organization_id)
    seen = [await router.referral(referral_id, headers)]
    listed = (await router.client.get("/v1/referrals", headers=headers)).json()["referrals"]
    seen += [one for one in listed if one["referral_id"] == referral_id]
    told = await router.until_heard(lambda event: event.subject == referral_id)
    seen.append(told.data.model_dump(mode="json"))
    hours = {"due_at": timedelta(hours=row["due_hours"]), "respond_by": timedelta(hours=row["respond_hours"])}
    times = {(name, datetime.fromisoformat(one[name])) for one in seen for name in hours}
    return {moment for name, time in times for moment in (time, time - hours[name])}


async def test_a_draft_is_invisible_to_every_agency(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V01"]["facts"], vignettes["V01"]["places"])
    row = await router.row(state, "PRO-UDAVIT")
    assert row["referral_status"] == "draft"
    candidate = row["candidates"][0]["organization_id"]
    answer = await router.client.get(f"/v1/referrals/{row['referral_id']}", headers=router.agency(candidate))
    assert answer.status_code == 404
    mine = await router.referral(row["referral_id"])
    assert mine["withheld_for"] == ["after:JUS-FISTRAP"]


async def test_order_of_answers_is_existence_then_version_and_step_then_shape(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    row = await router.row(state, "REI-EDU")
    path = f"/v1/referrals/{row['referral_id']}/transitions"
    referral = await router.referral(row["referral_id"])
    agency = router.agency(referral["organization_id"])
    assert (await router.client.post(path, content=b"{")).status_code == 401
    assert (await router.client.post(path, content=b"{", headers=router.agency(uuid4()))).status_code == 404
    assert (await router.client.post(path, content=b"{", headers=agency)).status_code == 422
    assert (await router.move(row["referral_id"], "accepted", 7, agency)).status_code == 409
    assert (await router.move(row["referral_id"], "completed", 1, agency)).status_code == 409
    assert (await router.move(row["referral_id"], "expired", 1, agency)).status_code == 409
    assert (await router.move(row["referral_id"], "entered-in-error", 1, agency)).status_code == 403
    assert (await router.move(row["referral_id"], "accepted", 1, router.bearer())).status_code == 403
    unknown = await router.client.post(path, json={"to": "accepted", "expected_version": 1, "x-1": 2}, headers=agency)
    assert unknown.status_code == 422
    assert "x-1" not in unknown.text
    assert (await router.referral(row["referral_id"]))["version"] == 1


async def test_the_team_records_an_answer_on_behalf_of_the_agency(router: Any, vignettes: Any) -> None:
    state = await router.register({**vignettes["V04"]["facts"], "police_collusion": False}, vignettes["V04"]["places"])
    row = await router.row(state, "CH-105")
    assert (row["delivery"], row["referral_status"]) == ("call", "requested")
    tasks = (await router.client.get("/v1/tasks", headers=router.bearer())).json()["tasks"]
    call = next(task for task in tasks if task["code"] == "CALL_NOW" and task["referral_id"] == row["referral_id"])
    assert call["phone"]
    assert call["phone_verified_on"]
    assert "Unavez no ha llamado" in call["es"]
    behalf = {"channel": "phone", "who": "operadora inventada"}
    answer = await router.move(row["referral_id"], "accepted", 1, router.bearer(), on_behalf_of=behalf)
    assert answer.status_code == 200
    (_, line) = answer.json()["history"]
    assert (line["status"], line["channel"], line["who"], line["subject"]) == (
        "accepted",
        "phone",
        "operadora inventada",
        "trabajadora-1",
    )
    assert "inventada" not in str(await router.rows("SELECT row_to_json(h)::text FROM referral_history h"))


async def test_a_way_of_answering_that_is_no_code_is_not_kept(router: Any, vignettes: Any) -> None:
    state = await router.register({**vignettes["V04"]["facts"], "police_collusion": False}, vignettes["V04"]["places"])
    row = await router.row(state, "CH-105")
    behalf = {"channel": "Lo dijo su tía inventada", "who": "operadora inventada"}
    answer = await router.move(row["referral_id"], "accepted", 1, router.bearer(), on_behalf_of=behalf)
    assert (answer.status_code, answer.json()["history"][-1]["channel"]) == (200, "other")
    assert "inventada" not in str(await router.rows("SELECT row_to_json(h)::text FROM referral_history h"))


async def test_a_cancelled_referral_goes_to_nobody_else(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    row = await router.row(state, "PSY-CSO")
    assert (await router.move(row["referral_id"], "cancelled", 1, router.bearer())).status_code == 200
    after = await router.row(state, "PSY-CSO")
    assert (after["referral_id"], after["referral_status"]) == (row["referral_id"], "cancelled")


async def test_a_coordinator_marks_a_referral_as_entered_in_error(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    row = await router.row(state, "REI-EDU")
    coordinator = router.bearer(Role.COORDINATOR, subject="coordinadora-1")
    assert (await router.move(row["referral_id"], "entered-in-error", 1, router.bearer())).status_code == 403
    assert (await router.move(row["referral_id"], "entered-in-error", 1, coordinator)).status_code == 200


async def test_an_unanswered_offer_expires_to_the_next_candidate(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    first = await router.row(state, "REI-MTPE")
    router.clock.ahead = timedelta(hours=73)
    async with asyncio.timeout(15):
        while (second := await router.row(state, "REI-MTPE"))["referral_id"] == first["referral_id"]:
            await watch_offers(resources(router).database, resources(router).stores)
    old, new = await router.referral(first["referral_id"]), await router.referral(second["referral_id"])
    assert (old["status"], old["reason"]) == ("expired", "no_answer")
    assert (new["status"], new["version"]) == ("requested", 1)
    assert old["organization_id"] != new["organization_id"]


async def test_an_unanswered_vital_offer_is_called_after_five_minutes_and_never_taken_back(
    router: Any, vignettes: Any
) -> None:
    state = await router.register(vignettes["V04"]["facts"], vignettes["V04"]["places"])
    first = await router.row(state, "PRO-SAU")
    router.clock.ahead = timedelta(minutes=6)
    await _until_tasks(router, first["referral_id"], {"CALL_NOW"})
    assert (await router.referral(first["referral_id"]))["status"] == "requested"
    router.clock.ahead = timedelta(minutes=16)
    await _until_tasks(router, first["referral_id"], {"CALL_NOW", "VITAL-UNANSWERED"})
    referral = await router.referral(first["referral_id"])
    assert referral["status"] == "requested"
    asked = [offer for offer in referral["offered_to"] if offer["status"] == "requested"]
    assert len(asked) == 2
    agency = router.agency(asked[1]["organization_id"])
    assert (await router.move(asked[1]["referral_id"], "accepted", 1, agency)).status_code == 200
    assert (await router.referral(first["referral_id"]))["status"] == "cancelled"
    loser = next(offer for offer in referral["offered_to"] if offer["referral_id"] == first["referral_id"])
    other = router.agency(loser["organization_id"])
    seen = (await router.client.get(f"/v1/referrals/{first['referral_id']}", headers=other)).json()
    # That it was taken elsewhere is no news for an agency (SAFETY N7).
    assert (seen["status"], seen["reason"]) == ("cancelled", None)


async def _until_tasks(router: Any, referral_id: str, codes: set[str]) -> None:
    async with asyncio.timeout(15):
        while True:
            await watch_offers(resources(router).database, resources(router).stores)
            tasks = (await router.client.get("/v1/tasks", headers=router.bearer())).json()["tasks"]
            if {task["code"] for task in tasks if task["referral_id"] == referral_id} == codes:
                return


async def test_an_offer_no_channel_delivers_becomes_a_call(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    one, other = await router.row(state, "REI-EDU"), await router.row(state, "PSY-CSO")
    organization = UUID((await router.referral(one["referral_id"]))["organization_id"])
    lost = DeliveryExhausted(organization_id=organization, referral_id=one["referral_id"], reason="no_channel")
    await router.say(DELIVERY_EXHAUSTED, [(one["referral_id"], 1, lost)])
    organization = UUID((await router.referral(other["referral_id"]))["organization_id"])
    disabled = SubscriptionDisabled(organization_id=organization, subscription_id=uuid4(), reason="gone")
    await router.say(SUBSCRIPTION_DISABLED, [(str(disabled.subscription_id), 1, disabled)])
    tasks = (await router.client.get("/v1/tasks", headers=router.bearer())).json()["tasks"]
    calls = {task["referral_id"]: task for task in tasks if task["code"] == "CALL_NOW"}
    assert {one["referral_id"], other["referral_id"]} <= set(calls)
    called = calls[other["referral_id"]]
    assert (called["receiver_organization_id"], called["receiver_service_type"]) == (str(organization), "PSY-CSO")


async def test_an_organization_that_can_be_reached_otherwise_is_not_called(router: Any, vignettes: Any) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    row = await router.row(state, "PSY-CSO")
    organization = UUID((await router.referral(row["referral_id"]))["organization_id"])
    disabled = SubscriptionDisabled(
        organization_id=organization, subscription_id=uuid4(), reason="gone", reachable=True
    )
    await router.say(SUBSCRIPTION_DISABLED, [(str(disabled.subscription_id), 1, disabled)])
    tasks = (await router.client.get("/v1/tasks", headers=router.bearer())).json()["tasks"]
    assert row["referral_id"] not in {task["referral_id"] for task in tasks if task["code"] == "CALL_NOW"}


async def test_the_list_is_paged_and_filtered(router: Any, vignettes: Any) -> None:
    for _ in range(20):
        await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = (
            await router.client.get(
                f"/v1/referrals?cursor={cursor}" if cursor else "/v1/referrals", headers=router.bearer()
            )
        ).json()
        seen += [referral["referral_id"] for referral in page["referrals"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 120
    only = await router.client.get("/v1/referrals?service_type=REI-EDU&status=requested", headers=router.bearer())
    assert {referral["service_type"] for referral in only.json()["referrals"]} == {"REI-EDU"}
    assert (await router.client.get("/v1/referrals?cursor=%20x", headers=router.bearer())).status_code == 422
    assert (await router.client.get("/v1/referrals?status=lost", headers=router.bearer())).status_code == 422
