from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from unavez_notifier.domain.agency_events import ANNOUNCED, channel_event
from unavez_notifier.domain.audiences import Audience, Feed
from unavez_notifier.use_cases import read_events
from unavez_notifier.use_cases.tell import tell
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import (
    DeliveryExhausted,
    PlanState,
    ReferralMilestone,
    ReferralState,
    TaskState,
    UnmetState,
)
from unavez_shared.contracts.events import (
    DELIVERY_EXHAUSTED,
    NEED_UNMET,
    PLAN_MADE,
    REFERRAL_ACCEPTED,
    REFERRAL_CANCELLED,
    REFERRAL_ENTERED_IN_ERROR,
    REFERRAL_EXPIRED,
    REFERRAL_MILESTONE,
    REFERRAL_OFFERED,
    REFERRAL_RESCOPED_V1,
    REFERRAL_STARTED,
    TASK_OPENED,
)
from unavez_shared.testing.messaging import without_signature
from unavez_shared.web.waiting import WAITS

from .conftest import Notifier, Start, eventually

Offer = Callable[..., ReferralState]


def types(page: dict[str, list[dict[str, str]]]) -> list[str]:
    return [event["type"].removeprefix("pe.unavez.").removesuffix(".v1") for event in page["events"]]


async def test_offers_stand_in_the_feed_of_the_offered_organization_only(notifier: Notifier, offer: Offer) -> None:
    agency, other = uuid4(), uuid4()
    first, second = offer(agency), offer(agency)
    await notifier.hear(REFERRAL_OFFERED, first, offer(other), second)
    page = await notifier.feed(agency)
    assert page["positions"] == [1, 2]
    assert page["next"] == 2
    assert [event["subject"] for event in page["events"]] == [str(first.referral_id), str(second.referral_id)]
    assert [event["sequence"] for event in page["events"]] == ["000000000001", "000000000002"]
    assert (await notifier.feed(uuid4()))["events"] == []


async def test_whoever_receives_an_event_reads_the_schema_it_points_to_without_a_token(
    notifier: Notifier, offer: Offer
) -> None:
    agency = uuid4()
    await notifier.hear(REFERRAL_OFFERED, offer(agency))
    (event,) = (await notifier.feed(agency))["events"]
    assert event["source"] == "http://unavez.example/notifier"
    assert datetime.fromisoformat(event["time"]) <= datetime.now(UTC)
    schema = await notifier.client.get(event["dataschema"].removeprefix(event["source"]))
    assert (schema.status_code, schema.headers["content-type"]) == (200, "application/schema+json")
    assert schema.json()["required"] == list(event["data"])
    unknown = await notifier.client.get("/v1/schemas/pe.unavez.case.registered.v1.json")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")


async def test_feed_is_read_on_from_a_position_and_limits_are_lowered(notifier: Notifier, offer: Offer) -> None:
    agency = uuid4()
    await notifier.hear(REFERRAL_OFFERED, *(offer(agency) for _ in range(120)))
    assert (await notifier.feed(agency, query="?after=100&limit=7"))["positions"] == list(range(101, 108))
    assert (await notifier.feed(agency, query="?limit=9999999"))["positions"] == list(range(1, 121))
    end = await notifier.feed(agency, query="?after=120")
    assert (end["events"], end["positions"], end["next"]) == ([], [], 120)


@pytest.mark.parametrize("role", [Role.AGENCY, Role.FRONTLINE, Role.COORDINATOR])
async def test_a_position_the_feed_never_reached_is_a_conflict_and_not_a_silent_wait(
    notifier: Notifier, offer: Offer, role: Role
) -> None:
    organization = uuid4()
    sent = offer(organization, team_organization_id=organization, team=["SYNTHETIC-1"])
    await notifier.hear(REFERRAL_OFFERED, sent)
    await notifier.hear(REFERRAL_CANCELLED, sent.model_copy(update={"version": 2}))
    last = (await notifier.feed(organization, role=role))["next"]
    assert last > 0
    assert (await notifier.feed(organization, role=role, query=f"?after={last}"))["events"] == []
    for query in (f"?after={last + 1}", f"?after={last + 1}&wait=20"):
        answer = await notifier.ask("GET", f"/v1/events{query}", organization, role=role)
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (409, "urn:unavez:problem:unknown_position")
        assert "bandeja" in problem["detail"]
        assert "feed" in problem["detail_en"]
    nobody = await notifier.ask("GET", "/v1/events?after=1", uuid4(), role=role)
    assert nobody.status_code == 409


async def test_at_most_five_hundred_events_are_read_at_once(notifier: Notifier) -> None:
    agency, now = uuid4(), datetime.now(UTC)
    feed = Feed(agency, Audience.AGENCY)
    async with notifier.service.runtime.database.transaction() as work:
        events = [channel_event(ANNOUNCED, feed, uuid4(), at=now, demo=True) for _ in range(501)]
        await tell(events, work, notifier.stores, at=now)
    assert len((await notifier.feed(agency, query="?limit=501"))["events"]) == 500
    assert (await notifier.feed(agency, query="?limit=500&after=500"))["positions"] == [501]


async def test_agency_hears_what_others_do_to_its_offer(
    notifier: Notifier, offer: Offer, step: Callable[..., ReferralState]
) -> None:
    agency = uuid4()
    cancelled, expired, wrong = offer(agency), offer(agency), offer(agency)
    await notifier.hear(REFERRAL_OFFERED, cancelled, expired, wrong)
    await notifier.hear(REFERRAL_ACCEPTED, step(cancelled, status="accepted"))
    await notifier.hear(REFERRAL_RESCOPED_V1, step(step(cancelled)))
    await notifier.hear(REFERRAL_CANCELLED, step(step(step(cancelled))))
    await notifier.hear(REFERRAL_EXPIRED, step(expired))
    await notifier.hear(REFERRAL_ENTERED_IN_ERROR, step(wrong))
    assert types(await notifier.feed(agency))[3:] == [
        "referral.cancelled",
        "referral.expired",
        "referral.entered_in_error",
    ]


async def test_milestone_is_told_on_the_receivers_own_referral(notifier: Notifier, offer: Offer) -> None:
    agency, referral = uuid4(), None
    referral = offer(agency)
    milestone = ReferralMilestone(
        milestone_id=uuid4(), referral=referral, kind="placement", value="placed", on=datetime.now(UTC)
    )
    await notifier.hear(REFERRAL_MILESTONE, milestone)
    await notifier.hear(REFERRAL_MILESTONE, milestone)
    page = await notifier.feed(agency)
    assert types(page) == ["referral.milestone"]
    assert page["events"][0]["subject"] == str(referral.referral_id)
    assert set(page["events"][0]["data"]) == {
        "referral_id",
        "service_type",
        "service_id",
        "urgency",
        "respond_by",
        "district",
        "packet_url",
        "demo",
    }


async def test_older_version_of_a_referral_is_dropped(
    notifier: Notifier, offer: Offer, step: Callable[..., ReferralState]
) -> None:
    agency = uuid4()
    referral = offer(agency)
    await notifier.hear(REFERRAL_OFFERED, referral)
    await notifier.hear(REFERRAL_CANCELLED, step(referral, status="cancelled"))
    await notifier.hear(REFERRAL_OFFERED, referral)
    assert types(await notifier.feed(agency)) == ["referral.offered", "referral.cancelled"]


async def test_step_that_comes_before_the_one_it_follows_waits_for_it(
    notifier: Notifier, offer: Offer, step: Callable[..., ReferralState]
) -> None:
    agency = uuid4()
    referral = offer(agency)
    accepted = step(referral, status="accepted")
    await notifier.hear(REFERRAL_CANCELLED, step(accepted, status="cancelled"))
    await notifier.hear(REFERRAL_ACCEPTED, accepted)
    assert types(await notifier.feed(agency)) == []
    await notifier.hear(REFERRAL_OFFERED, referral)

    async def has_both() -> bool:
        return types(await notifier.feed(agency)) == ["referral.offered", "referral.cancelled"]

    await eventually(has_both)


async def test_step_whose_predecessor_never_comes_is_told_after_two_minutes(
    notifier: Notifier, offer: Offer, step: Callable[..., ReferralState]
) -> None:
    agency = uuid4()
    await notifier.hear(REFERRAL_CANCELLED, step(offer(agency), status="cancelled"))
    assert types(await notifier.feed(agency)) == []
    notifier.clock.offset = timedelta(minutes=3)

    async def is_told() -> bool:
        return types(await notifier.feed(agency)) == ["referral.cancelled"]

    await eventually(is_told)


async def test_a_forged_end_of_a_referral_reaches_nobody(
    notifier: Notifier, offer: Offer, step: Callable[..., ReferralState]
) -> None:
    """Whoever holds the family's key may write it; only the router can sign it (SAFETY N6)."""
    agency = uuid4()
    referral, unseen = offer(agency, signed_steps=True), offer(agency)
    await notifier.hear(REFERRAL_OFFERED, referral)
    forged = without_signature(REFERRAL_CANCELLED)
    await notifier.hear(forged, step(referral, status="cancelled"), step(referral, status="cancelled", version=9))
    await notifier.hear(forged, step(unseen, status="cancelled"))
    assert types(await notifier.feed(agency)) == ["referral.offered"]
    reasons = [row.reason for row in await notifier.sql("SELECT reason FROM parked ORDER BY parked_at")]
    assert reasons == ["bad_signature", "bad_signature", "EarlyStepError"]
    notifier.clock.offset = timedelta(minutes=3)

    async def is_refused() -> bool:
        rows = await notifier.sql("SELECT 1 FROM parked WHERE reason = 'bad_signature' AND next_attempt_at IS NULL")
        return len(rows) == 3

    await eventually(is_refused)
    assert types(await notifier.feed(agency)) == ["referral.offered"]


async def test_an_end_from_before_the_upgrade_is_told_and_after_it_nothing_but_another_end(
    notifier: Notifier, offer: Offer, step: Callable[..., ReferralState]
) -> None:
    agency, team = uuid4(), uuid4()
    referral = offer(agency, team_organization_id=team, team=["SYNTHETIC-1"])
    accepted = step(referral, status="accepted")
    started = step(accepted, status="in-progress")
    cancelled = step(started, status="cancelled")
    await notifier.hear(REFERRAL_OFFERED, referral)
    await notifier.hear(REFERRAL_ACCEPTED, accepted)
    await notifier.hear(without_signature(REFERRAL_STARTED), started)
    await notifier.hear(without_signature(REFERRAL_CANCELLED), cancelled)
    await notifier.hear(without_signature(REFERRAL_STARTED), step(cancelled, status="in-progress"))
    await notifier.hear(REFERRAL_ENTERED_IN_ERROR, step(cancelled, status="entered-in-error"))
    assert types(await notifier.feed(agency)) == ["referral.offered", "referral.cancelled", "referral.entered_in_error"]
    heard = types(await notifier.feed(team, role=Role.COORDINATOR))
    assert heard == ["referral.accepted", "referral.started", "referral.cancelled"]
    assert await notifier.sql("SELECT 1 FROM parked") == []


async def test_team_feed_has_ids_and_status_and_the_agency_never_sees_it(
    notifier: Notifier, offer: Offer, step: Callable[..., ReferralState]
) -> None:
    organization, case_id, plan_id = uuid4(), uuid4(), uuid4()
    referral = offer(uuid4(), team_organization_id=organization, case_id=case_id, team=["SYNTHETIC-1"])
    whose = {"case_id": case_id, "organization_id": organization, "team": ["SYNTHETIC-1"], "demo": True}
    await notifier.hear(PLAN_MADE, PlanState(plan_id=plan_id, status="proposed", protocol_version="x", **whose))
    await notifier.hear(REFERRAL_OFFERED, referral)
    await notifier.hear(REFERRAL_ACCEPTED, step(referral, status="accepted"))
    unmet = UnmetState(
        unmet_id=uuid4(), plan_id=plan_id, service_type="PRO-SAU", code="PRO-SAU", reason="full", **whose
    )
    await notifier.hear(NEED_UNMET, unmet)
    await notifier.hear(TASK_OPENED, TaskState(task_id=uuid4(), code="CALL_NOW", status="open", **whose))
    for role in (Role.FRONTLINE, Role.COORDINATOR):
        page = await notifier.feed(organization, role=role)
        assert types(page) == ["plan.made", "referral.accepted", "need.unmet", "task.opened"]
        assert all(event["data"]["case_id"] == str(case_id) for event in page["events"])
        assert "PRO-SAU" not in str(page)
        assert "CALL_NOW" not in str(page)
    assert (await notifier.feed(organization, role=Role.AGENCY))["events"] == []


async def test_a_person_hears_her_cases_and_coordinators_all_each_from_one_on_without_a_gap(
    notifier: Notifier, offer: Offer, step: Callable[..., ReferralState]
) -> None:
    organization = uuid4()
    hers, shared = (offer(uuid4(), team_organization_id=organization, team=team) for team in (["ana"], ["ana", "eva"]))
    third = offer(uuid4(), team_organization_id=organization, team=[])
    await notifier.hear(REFERRAL_OFFERED, hers, shared, third)
    await notifier.hear(REFERRAL_ACCEPTED, *(step(one, status="accepted") for one in (hers, shared, third)))

    async def heard(**caller: Any) -> list[str]:
        page = await notifier.feed(organization, **caller)
        assert page["positions"] == list(range(1, len(page["events"]) + 1))
        assert [int(event["sequence"]) for event in page["events"]] == page["positions"]
        return [event["data"]["referral_id"] for event in page["events"]]

    one, other, last = (str(each.referral_id) for each in (hers, shared, third))
    assert await heard(role=Role.FRONTLINE, subject="ana") == [one, other]
    assert await heard(role=Role.FRONTLINE, subject="eva") == [other]
    assert await heard(role=Role.FRONTLINE, subject="luz") == []
    for subject in ("luz", "ana"):
        assert await heard(role=Role.COORDINATOR, subject=subject) == [one, other, last]
    assert (await notifier.feed(uuid4(), role=Role.FRONTLINE, subject="ana"))["events"] == []


async def test_a_new_focal_point_hears_from_then_on(
    notifier: Notifier, offer: Offer, step: Callable[..., ReferralState]
) -> None:
    organization = uuid4()
    offered = offer(uuid4(), team_organization_id=organization, team=["ana"])
    accepted = step(offered, status="accepted")
    await notifier.hear(REFERRAL_OFFERED, offered)
    await notifier.hear(REFERRAL_ACCEPTED, accepted)
    await notifier.hear(REFERRAL_CANCELLED, step(accepted, status="cancelled", team=["ana", "eva"]))
    assert types(await notifier.feed(organization, role=Role.FRONTLINE, subject="ana")) == [
        "referral.accepted",
        "referral.cancelled",
    ]
    late = await notifier.feed(organization, role=Role.FRONTLINE, subject="eva")
    assert (types(late), late["positions"]) == (["referral.cancelled"], [1])


async def test_no_table_of_the_notifier_says_who_somebody_is(
    notifier: Notifier, offer: Offer, step: Callable[..., ReferralState]
) -> None:
    offered = offer(uuid4(), team=["maria.quispe"])
    await notifier.hear(REFERRAL_OFFERED, offered)
    await notifier.hear(REFERRAL_ACCEPTED, step(offered, status="accepted"))
    for table in ("feeds", "feed_events", "told", "outbox"):
        rows = str(await notifier.sql(f"SELECT row_to_json(t)::text FROM {table} t"))  # noqa: S608
        assert "quispe" not in rows
        assert b"quispe".hex() not in rows
    assert await notifier.sql("SELECT 1 FROM feeds WHERE audience LIKE 'person:%' AND last_position = 1")


async def test_news_of_one_batch_are_told_in_the_order_they_came_each_version_once(
    notifier: Notifier, offer: Offer, step: Callable[..., ReferralState]
) -> None:
    agency, team = uuid4(), uuid4()
    whose = {"case_id": uuid4(), "organization_id": team, "team": ["SYNTHETIC-1"], "demo": True}
    plan = PlanState(plan_id=uuid4(), status="proposed", protocol_version="x", **whose)
    task = TaskState(task_id=uuid4(), code="CALL_NOW", status="open", **whose)
    referral = offer(agency, team_organization_id=team, case_id=whose["case_id"], team=["SYNTHETIC-1"])
    cancelled = step(referral, status="cancelled")
    await notifier.hear_at_once(
        (PLAN_MADE, plan, 1),
        (TASK_OPENED, task, 1),
        (REFERRAL_OFFERED, referral, 1),
        (PLAN_MADE, plan.model_copy(update={"status": "confirmed"}), 2),
        (PLAN_MADE, plan, 1),
        (REFERRAL_CANCELLED, cancelled, 2),
        (REFERRAL_OFFERED, referral, 1),
    )
    told = await notifier.feed(team, role=Role.FRONTLINE)
    assert types(told) == ["plan.made", "task.opened", "plan.made", "referral.cancelled"]
    assert [event["data"]["status"] for event in told["events"]] == ["proposed", "open", "confirmed", "cancelled"]
    assert types(await notifier.feed(agency)) == ["referral.offered", "referral.cancelled"]


async def test_positions_are_gapless_when_many_append_at_once(notifier: Notifier) -> None:
    organizations = [uuid4() for _ in range(3)]
    feeds = [Feed(organization, Audience.AGENCY) for organization in organizations]
    now = datetime.now(UTC)

    async def append(number: int) -> None:
        async with notifier.service.runtime.database.transaction() as work:
            events = [channel_event(ANNOUNCED, feed, uuid4(), at=now, demo=True) for feed in feeds * 3]
            await tell(events if number % 2 else events[::-1], work, notifier.stores, at=now)

    await asyncio.gather(*(append(number) for number in range(12)))
    for organization in organizations:
        page = await notifier.feed(organization, query="?limit=500")
        assert page["positions"] == list(range(1, 37))
        assert [int(event["sequence"]) for event in page["events"]] == list(range(1, 37))


async def test_long_poll_answers_as_soon_as_the_event_is_committed(notifier: Notifier, offer: Offer) -> None:
    agency = uuid4()
    waiting = asyncio.create_task(notifier.feed(agency, query="?wait=20"))
    await eventually(lambda: _watched(notifier, agency))
    begun = asyncio.get_running_loop().time()
    await notifier.hear(REFERRAL_OFFERED, offer(agency))
    page = await waiting
    assert page["positions"] == [1]
    assert asyncio.get_running_loop().time() - begun < 1


async def _watched(notifier: Notifier, agency: UUID) -> bool:
    return Feed(agency, Audience.AGENCY) in notifier.service.app.state.resources.stores.wakes.readers._waiting


async def test_long_poll_of_another_replica_hears_it_too(start: Start, offer: Offer) -> None:
    agency = uuid4()
    one, other = await start(), await start()
    waiting = asyncio.create_task(other.feed(agency, query="?wait=20"))
    await eventually(lambda: _watched(other, agency))
    await one.hear(REFERRAL_OFFERED, offer(agency))
    assert (await waiting)["positions"] == [1]


async def test_long_poll_ends_empty_after_its_time(notifier: Notifier) -> None:
    begun = asyncio.get_running_loop().time()
    page = await notifier.feed(uuid4(), query="?wait=0.4")
    assert (page["events"], page["next"]) == ([], 0)
    assert 0.35 < asyncio.get_running_loop().time() - begun < 5


async def test_twenty_wait_at_once_with_one_token_and_who_does_not_wait_is_served(notifier: Notifier) -> None:
    agency = uuid4()
    headers = notifier.headers(agency)
    held = notifier.service.app.state.resources.waits

    async def ask(query: str) -> int:
        return (await notifier.client.get(f"/v1/events{query}", headers=headers)).status_code

    waits = [asyncio.create_task(ask("?wait=2")) for _ in range(WAITS)]
    async with asyncio.timeout(2):
        while sum(held._under_way.values()) < WAITS:  # noqa: ASYNC110  (the waits are the product's)
            await asyncio.sleep(0.01)
    assert (await ask("?wait=1"), await ask("")) == (429, 200)
    assert await asyncio.gather(*waits) == [200] * WAITS


async def test_a_longer_wait_is_lowered(notifier: Notifier, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_events.LONGEST_WAIT_SECONDS == 30
    monkeypatch.setattr(read_events, "LONGEST_WAIT_SECONDS", 0.2)
    page = await asyncio.wait_for(notifier.feed(uuid4(), query="?wait=86400"), 10)
    assert page["events"] == []


async def test_long_poll_answers_at_shutdown(notifier: Notifier) -> None:
    agency = uuid4()
    waiting = asyncio.create_task(notifier.feed(agency, query="?wait=30"))
    await eventually(lambda: _watched(notifier, agency))
    await notifier.service.begin_stop()
    assert (await asyncio.wait_for(waiting, 5))["events"] == []


async def test_offer_to_an_organization_nobody_reaches_is_said_at_once(notifier: Notifier, offer: Offer) -> None:
    silent, fresh, reading = uuid4(), uuid4(), uuid4()
    long_ago = datetime.now(UTC) - timedelta(days=15)
    await notifier.feed(reading)
    lost = offer(silent, organization_entered_at=long_ago)
    await notifier.hear(REFERRAL_OFFERED, lost, offer(fresh), offer(reading, organization_entered_at=long_ago))
    assert (await notifier.feed(silent))["positions"] == [1]

    async def said() -> list[DeliveryExhausted]:
        return await notifier.said(DELIVERY_EXHAUSTED)

    exhausted = await eventually(said)
    assert [(one.organization_id, one.referral_id, one.reason) for one in exhausted] == [
        (silent, lost.referral_id, "no_channel")
    ]
