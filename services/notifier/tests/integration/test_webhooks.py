from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import Webhook

from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import ReferralState
from unavez_shared.contracts.events import (
    DELIVERY_EXHAUSTED,
    REFERRAL_CANCELLED,
    REFERRAL_OFFERED,
    SUBSCRIPTION_DISABLED,
)

from .conftest import Notifier, Start, eventually
from .receiver import Received, Receiver, receiving

Offer = Callable[..., ReferralState]
Step = Callable[..., ReferralState]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


async def arrived(receiver: Receiver, count: int) -> None:
    async def check() -> bool:
        return len(receiver.received) >= count

    await eventually(check)


async def retried_now(notifier: Notifier, attempts: int) -> None:
    """Wait until the first so many attempts of a delivery have failed, then make its retry due."""

    async def failed() -> bool:
        # A lease is exactly 20 s long, the waiting time for a retry never.
        rows = await notifier.sql(
            "SELECT attempts FROM deliveries WHERE last_status_code = 500"
            " AND next_attempt_at <> last_attempt_at + interval '20 seconds'"
        )
        return [row.attempts for row in rows] == [attempts]

    await eventually(failed)
    await notifier.sql("UPDATE deliveries SET next_attempt_at = now() WHERE last_status_code = 500")


async def settled(notifier: Notifier) -> None:
    """Wait until nothing is on its way any more."""

    async def check() -> bool:
        return not await notifier.sql("SELECT 1 FROM deliveries WHERE status = 'pending'")

    await eventually(check)


async def test_offer_arrives_signed_with_the_same_bytes_as_in_the_feed(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    subscription = await notifier.subscribe(agency, receiver.url)
    assert subscription["status"] == "unverified"
    await notifier.active(agency, subscription["subscription_id"])
    assert receiver.origins == ["unavez.example"]
    await notifier.hear(REFERRAL_OFFERED, offer(agency))
    await arrived(receiver, 1)
    post = receiver.received[0]
    Webhook(subscription["secret"]).verify(post.body, post.headers)
    assert post.headers["content-type"] == "application/cloudevents+json"
    assert post.headers["webhook-id"] == post.event["id"]
    assert abs(int(post.headers["webhook-timestamp"]) - time.time()) < 5
    assert "traceparent" not in post.headers
    raw = await notifier.ask("GET", "/v1/events?after=1", agency)
    assert post.body in raw.content


async def test_time_of_the_attempt_is_true_whatever_the_test_clock_says(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    notifier.clock.offset = timedelta(days=2)
    subscription = await notifier.subscribe(agency, receiver.url)
    await notifier.hear(REFERRAL_OFFERED, offer(agency))
    await arrived(receiver, 1)
    Webhook(subscription["secret"]).verify(receiver.received[0].body, receiver.received[0].headers)


async def test_unverified_endpoint_gets_everything_in_order_once_it_agrees(
    notifier: Notifier, offer: Offer, step: Step, receiver: Receiver
) -> None:
    agency = uuid4()
    receiver.agrees = False
    await notifier.hear(REFERRAL_OFFERED, offer(agency))
    subscription = await notifier.subscribe(agency, receiver.url)
    referrals = [offer(agency) for _ in range(5)]
    await notifier.hear(REFERRAL_OFFERED, *referrals)
    await notifier.hear(REFERRAL_CANCELLED, *(step(one) for one in referrals))

    async def asked_twice() -> bool:
        return len(receiver.origins) >= 2

    await eventually(asked_twice)
    assert await notifier.status(agency, subscription["subscription_id"]) == "unverified"
    assert receiver.received == []
    receiver.agrees = True
    await arrived(receiver, 10)
    for referral in referrals:
        told = [one.event["type"] for one in receiver.received if one.event["subject"] == str(referral.referral_id)]
        assert told == ["pe.unavez.referral.offered.v1", "pe.unavez.referral.cancelled.v1"]
    assert len(receiver.received) == 10


async def test_failed_delivery_is_repeated_with_the_same_id_and_keeps_the_order_of_its_subject(
    notifier: Notifier, offer: Offer, step: Step, receiver: Receiver
) -> None:
    agency = uuid4()
    referral, other = offer(agency), offer(agency)
    subscription = await notifier.subscribe(agency, receiver.url)
    await notifier.active(agency, subscription["subscription_id"])
    refused: Counter[str] = Counter()

    def refuse_twice(post: Received) -> tuple[int, dict[str, str]]:
        if post.event["subject"] == str(referral.referral_id) and post.event["type"].endswith("offered.v1"):
            refused[post.headers["webhook-id"]] += 1
            return (500, {}) if sum(refused.values()) <= 2 else (200, {})
        return 204, {}

    receiver.respond = refuse_twice
    await notifier.hear(REFERRAL_OFFERED, referral, other)
    await notifier.hear(REFERRAL_CANCELLED, step(referral))
    await retried_now(notifier, 1)
    await retried_now(notifier, 2)
    await settled(notifier)
    own = [one for one in receiver.received if one.event["subject"] == str(referral.referral_id)]
    assert [one.event["type"] for one in own] == ["pe.unavez.referral.offered.v1"] * 3 + [
        "pe.unavez.referral.cancelled.v1"
    ]
    assert len({one.headers["webhook-id"] for one in own[:3]}) == 1
    assert receiver.subjects().count(str(other.referral_id)) == 1


async def test_retry_after_is_honoured(notifier: Notifier, offer: Offer, receiver: Receiver) -> None:
    agency = uuid4()
    receiver.respond = lambda _: (503, {"Retry-After": "1000"})
    await notifier.subscribe(agency, receiver.url)
    await notifier.hear(REFERRAL_OFFERED, offer(agency))

    async def waiting() -> list[object]:
        return await notifier.sql(
            "SELECT next_attempt_at - last_attempt_at FROM deliveries WHERE last_status_code = 503"
        )

    (waits,) = await eventually(waiting)
    assert timedelta(seconds=990) < waits[0] < timedelta(seconds=1015)


async def test_redirect_is_not_followed(notifier: Notifier, offer: Offer, receiver: Receiver) -> None:
    agency = uuid4()
    async with receiving() as elsewhere:
        receiver.respond = lambda _: (307, {"Location": elsewhere.url})
        await notifier.subscribe(agency, receiver.url)
        await notifier.hear(REFERRAL_OFFERED, offer(agency))
        await arrived(receiver, 1)

        async def failed() -> bool:
            return bool(await notifier.sql("SELECT 1 FROM deliveries WHERE last_status_code = 307"))

        await eventually(failed)
        assert elsewhere.received == []


async def test_endpoint_that_is_gone_disables_its_subscription_and_untold_offers_become_calls(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    receiver.respond = lambda _: (410, {})
    subscription = await notifier.subscribe(agency, receiver.url)
    referral = offer(agency)
    await notifier.hear(REFERRAL_OFFERED, referral)

    async def disabled() -> bool:
        return await notifier.status(agency, subscription["subscription_id"]) == "disabled"

    await eventually(disabled)

    async def said() -> bool:
        return bool(await notifier.said(SUBSCRIPTION_DISABLED) and await notifier.said(DELIVERY_EXHAUSTED))

    await eventually(said)
    (off,) = await notifier.said(SUBSCRIPTION_DISABLED)
    assert (off.organization_id, str(off.subscription_id), off.reason, off.reachable) == (
        agency,
        subscription["subscription_id"],
        "gone",
        False,
    )
    (lost,) = await notifier.said(DELIVERY_EXHAUSTED)
    assert (lost.referral_id, lost.reason) == (referral.referral_id, "failing")


async def test_after_three_days_of_failures_a_person_is_asked_to_call(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    receiver.respond = lambda _: (500, {})
    subscription = await notifier.subscribe(agency, receiver.url)
    referral = offer(agency)
    await notifier.hear(REFERRAL_OFFERED, referral)
    await arrived(receiver, 1)

    async def failing() -> bool:
        return bool(await notifier.sql("SELECT 1 FROM deliveries WHERE last_status_code = 500"))

    await eventually(failing)
    notifier.clock.offset = timedelta(days=3, minutes=1)

    async def said() -> bool:
        return bool(await notifier.said(DELIVERY_EXHAUSTED) and await notifier.said(SUBSCRIPTION_DISABLED))

    await eventually(said)
    (lost,) = await notifier.said(DELIVERY_EXHAUSTED)
    assert (lost.organization_id, lost.referral_id, lost.reason) == (agency, referral.referral_id, "failing")
    assert await notifier.status(agency, subscription["subscription_id"]) == "disabled"


async def test_offer_that_was_read_in_the_feed_needs_no_call(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    receiver.respond = lambda _: (410, {})
    receiver.agrees = False
    subscription = await notifier.subscribe(agency, receiver.url)
    await notifier.hear(REFERRAL_OFFERED, offer(agency))
    await notifier.feed(agency)
    receiver.agrees = True

    async def said() -> bool:
        return bool(await notifier.said(SUBSCRIPTION_DISABLED))

    await eventually(said)
    assert await notifier.status(agency, subscription["subscription_id"]) == "disabled"
    assert await notifier.said(DELIVERY_EXHAUSTED) == []
    assert [off.reachable for off in await notifier.said(SUBSCRIPTION_DISABLED)] == [True]


async def test_offer_to_an_organization_whose_only_channel_fails_is_said_at_once(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    subscription = await notifier.subscribe(agency, receiver.url)
    await notifier.active(agency, subscription["subscription_id"])
    await notifier.sql("UPDATE subscriptions SET failing_since = now() - interval '2 hours'")
    referral = offer(agency)
    await notifier.hear(REFERRAL_OFFERED, referral)

    async def said() -> list[object]:
        return await notifier.said(DELIVERY_EXHAUSTED)

    (lost,) = await eventually(said)
    assert (lost.referral_id, lost.reason) == (referral.referral_id, "failing")


async def test_rotated_secret_signs_beside_the_new_one_for_a_day(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    subscription = await notifier.subscribe(agency, receiver.url)
    path = f"/v1/subscriptions/{subscription['subscription_id']}/rotate-secret"
    rotated = (await notifier.ask("POST", path, agency)).json()
    assert rotated["secret"] != subscription["secret"]
    await notifier.hear(REFERRAL_OFFERED, offer(agency))
    await arrived(receiver, 2)
    for post in receiver.received:
        for secret in (subscription["secret"], rotated["secret"]):
            Webhook(secret).verify(post.body, post.headers)
    await settled(notifier)
    notifier.clock.offset = timedelta(hours=25)
    await notifier.hear(REFERRAL_OFFERED, offer(agency))
    await arrived(receiver, 3)
    assert receiver.received[2].headers["webhook-signature"].count("v1,") == 1
    Webhook(rotated["secret"]).verify(receiver.received[2].body, receiver.received[2].headers)


async def test_filters_let_through_what_they_name_and_never_hide_a_safe_district(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    await notifier.subscribe(agency, receiver.url, service_types=["SHL-HRT"], districts=["17"])
    here, safe = offer(agency), offer(agency, district=None)
    await notifier.hear(
        REFERRAL_OFFERED, offer(agency, district="15"), offer(agency, service_type="HLT-MH"), here, safe
    )
    await arrived(receiver, 2)
    await settled(notifier)
    assert sorted(receiver.subjects()) == sorted([str(here.referral_id), str(safe.referral_id)])
    assert (await notifier.feed(agency))["positions"] == [1, 2, 3, 4, 5]


async def test_new_subscription_is_announced_to_the_other_channels(notifier: Notifier, receiver: Receiver) -> None:
    agency = uuid4()
    async with receiving() as later:
        first = await notifier.subscribe(agency, receiver.url, event_types=["pe.unavez.referral.offered.v1"])
        second = await notifier.subscribe(agency, later.url)
        await notifier.active(agency, second["subscription_id"])
        await arrived(receiver, 1)
        announced = receiver.received[0].event
        assert announced["type"] == "pe.unavez.subscription.announced.v1"
        assert announced["data"] == {"subscription_id": second["subscription_id"], "demo": True}
        assert announced["subject"] == second["subscription_id"]
        await settled(notifier)
        assert later.received == []
        subjects = [event["subject"] for event in (await notifier.feed(agency))["events"]]
        assert subjects == [first["subscription_id"], second["subscription_id"]]


async def test_test_event_goes_through_this_channel_only(notifier: Notifier, receiver: Receiver) -> None:
    agency = uuid4()
    async with receiving() as other:
        await notifier.subscribe(agency, other.url)
        chosen = await notifier.subscribe(agency, receiver.url, event_types=["pe.unavez.referral.offered.v1"])
        response = await notifier.ask("POST", f"/v1/subscriptions/{chosen['subscription_id']}/test", agency)
        assert response.status_code == 202
        await arrived(receiver, 1)
        await settled(notifier)
        assert receiver.ids() == [response.json()["event_id"]]
        assert receiver.received[0].event["data"] == {"subscription_id": chosen["subscription_id"], "demo": True}
        assert other.types() == ["subscription.announced"]


async def test_replay_repeats_the_same_bytes_but_nothing_older_than_the_subscription(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    await notifier.hear(REFERRAL_OFFERED, offer(agency))
    subscription = await notifier.subscribe(agency, receiver.url)
    await notifier.hear(REFERRAL_OFFERED, *(offer(agency) for _ in range(3)))
    await arrived(receiver, 3)
    await settled(notifier)
    path = f"/v1/subscriptions/{subscription['subscription_id']}/replay"
    response = await notifier.ask("POST", path, agency, json={"after": 0})
    assert (response.status_code, response.json()["deliveries"]) == (202, 3)
    await arrived(receiver, 6)
    assert Counter(receiver.ids()) == dict.fromkeys(receiver.ids(), 2)
    assert len({one.body for one in receiver.received}) == 3


async def test_two_deliverers_share_the_work_and_nothing_is_sent_twice(
    start: Start, offer: Offer, receiver: Receiver
) -> None:
    one, _ = await start(), await start()
    agencies = [uuid4() for _ in range(4)]
    for agency in agencies:
        subscription = await one.subscribe(agency, receiver.url)
        await one.active(agency, subscription["subscription_id"])
    await one.hear(REFERRAL_OFFERED, *(offer(agency) for agency in agencies for _ in range(50)))
    await arrived(receiver, 200)
    await settled(one)
    assert len(receiver.ids()) == len(set(receiver.ids())) == 200


async def test_delivery_left_behind_by_a_killed_process_is_made_again_with_the_same_id(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    receiver.agrees = False
    await notifier.subscribe(agency, receiver.url)
    await notifier.hear(REFERRAL_OFFERED, offer(agency))
    # As a process leaves it that was killed between the receiver's 200 and its own commit.
    await notifier.sql(
        "UPDATE deliveries SET attempts = 1, first_attempt_at = now(), next_attempt_at = now() + interval '2 seconds'"
    )
    (event_id,) = await notifier.sql("SELECT event_id FROM deliveries")
    await notifier.sql("UPDATE subscriptions SET status = 'active', next_handshake_at = NULL")
    await arrived(receiver, 1)
    assert receiver.ids() == [str(event_id[0])]
    await settled(notifier)
    assert (await notifier.sql("SELECT attempts FROM deliveries"))[0][0] == 2


async def test_stopping_finishes_what_is_on_its_way(start: Start, offer: Offer, receiver: Receiver) -> None:
    notifier = await start()
    agency = uuid4()
    await notifier.subscribe(agency, receiver.url)
    await notifier.hear(REFERRAL_OFFERED, *(offer(agency) for _ in range(20)))
    await arrived(receiver, 1)
    await notifier.service.begin_stop()
    other = await start()
    await arrived(receiver, 20)
    await settled(other)
    assert len(receiver.ids()) == len(set(receiver.ids())) == 20


async def test_stat_offer_overtakes_routine_ones(notifier: Notifier, offer: Offer, receiver: Receiver) -> None:
    agency = uuid4()
    receiver.agrees = False
    await notifier.subscribe(agency, receiver.url)
    vital = offer(agency, urgency="stat")
    await notifier.hear(REFERRAL_OFFERED, *(offer(agency, urgency="routine") for _ in range(80)), vital)
    receiver.agrees = True
    await arrived(receiver, 81)
    assert receiver.subjects().index(str(vital.referral_id)) < 32


async def test_coordinators_may_have_the_events_of_their_cases_sent_to_them(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    team = uuid4()
    body = {"channel": "webhook", "endpoint": receiver.url}
    created = await notifier.ask("POST", "/v1/subscriptions", team, role=Role.COORDINATOR, json=body)
    assert created.status_code == 201
    referral = offer(uuid4(), team_organization_id=team)
    await notifier.hear(REFERRAL_OFFERED, referral)
    await notifier.hear(REFERRAL_CANCELLED, referral.model_copy(update={"version": referral.version + 1}))
    await arrived(receiver, 1)
    assert receiver.received[0].event["data"]["case_id"] == str(referral.case_id)
    assert receiver.types() == ["referral.cancelled"]
