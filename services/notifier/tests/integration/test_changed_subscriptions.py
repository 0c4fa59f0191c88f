"""Every change of a subscription stands in the feed, and reaches all channels of it: its own endpoint too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import Webhook

from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import ReferralState
from unavez_shared.contracts.events import DELIVERY_EXHAUSTED, REFERRAL_OFFERED

from .conftest import Notifier, eventually
from .receiver import Receiver, receiving
from .test_ended_subscriptions import arrived, path, subscribed

Offer = Callable[..., ReferralState]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


async def patched(notifier: Notifier, agency: Any, created: Any, **fields: Any) -> Any:
    response = await notifier.ask("PATCH", path(created), agency, json=fields)
    assert response.status_code == 200, response.text
    return response.json()


async def test_every_change_is_published_to_all_channels_whatever_they_filter(
    notifier: Notifier, receiver: Receiver
) -> None:
    agency = uuid4()
    async with receiving() as other:
        await subscribed(notifier, agency, other, event_types=["pe.unavez.referral.offered.v1"])
        created = await subscribed(notifier, agency, receiver, event_types=["pe.unavez.endpoint.test.v1"])
        changed = await patched(notifier, agency, created, event_types=None, service_types=["SHL-HRT"])
        assert (changed["event_types"], changed["service_types"]) == (None, ["SHL-HRT"])
        await patched(notifier, agency, created, service_types=["SHL-HRT"])  # as it is: no change
        await patched(notifier, agency, created)
        assert (await patched(notifier, agency, created, paused=True))["status"] == "paused"
        assert (await patched(notifier, agency, created, paused=False))["status"] == "active"
        await notifier.ask("POST", f"{path(created)}/rotate-secret", agency)
        await arrived(receiver, *["subscription.changed"] * 4)
        await arrived(other, "subscription.announced", *["subscription.changed"] * 4)
        expected = {"subscription_id": created["subscription_id"], "demo": True}
        events = [one for one in (await notifier.feed(agency))["events"] if one["type"].endswith(".changed.v1")]
        assert [(one["subject"], one["data"]) for one in events] == [(created["subscription_id"], expected)] * 4
        assert [one.event for one in receiver.received] == events


async def test_a_notice_of_rotation_is_signed_with_the_secret_the_receiver_has_however_often_it_is_rotated(
    notifier: Notifier, receiver: Receiver
) -> None:
    agency = uuid4()
    created = await subscribed(notifier, agency, receiver)
    for rotation in (1, 2, 3):
        rotated = (await notifier.ask("POST", f"{path(created)}/rotate-secret", agency)).json()
        await arrived(receiver, *["subscription.changed"] * rotation)
        notice = receiver.received[-1]
        for secret in (created["secret"], rotated["secret"]):
            Webhook(secret).verify(notice.body, notice.headers)
        assert notice.headers["webhook-signature"].count("v1,") == 2
    await notifier.ask("DELETE", path(created), agency)
    await arrived(receiver, *["subscription.changed"] * 3, "subscription.ended")
    for secret in (created["secret"], rotated["secret"]):
        Webhook(secret).verify(receiver.received[-1].body, receiver.received[-1].headers)


async def test_a_paused_subscription_is_no_working_channel_and_delivers_in_order_when_it_is_resumed(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    created = await subscribed(notifier, agency, receiver)
    await patched(notifier, agency, created, paused=True)
    await arrived(receiver, "subscription.changed")
    entered_today = offer(agency, organization_entered_at=datetime.now(UTC))
    await notifier.hear(REFERRAL_OFFERED, entered_today)

    async def said() -> list[Any]:
        return await notifier.said(DELIVERY_EXHAUSTED)

    (lost,) = await eventually(said)
    assert (lost.referral_id, lost.reason) == (entered_today.referral_id, "no_channel")
    await notifier.ask("POST", f"{path(created)}/test", agency)  # about itself: it goes out
    await arrived(receiver, "subscription.changed", "endpoint.test")
    await patched(notifier, agency, created, paused=False)

    async def delivered() -> bool:
        return sorted(receiver.types()[2:]) == ["referral.offered", "subscription.changed"]

    await eventually(delivered)


async def test_an_offer_on_its_way_to_a_subscription_that_is_paused_becomes_a_call(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    receiver.respond = lambda _: (500, {})
    created = await subscribed(notifier, agency, receiver)
    referral = offer(agency)
    await notifier.hear(REFERRAL_OFFERED, referral)
    await arrived(receiver, "referral.offered")
    assert await notifier.said(DELIVERY_EXHAUSTED) == []
    await patched(notifier, agency, created, paused=True)

    async def said() -> list[Any]:
        return await notifier.said(DELIVERY_EXHAUSTED)

    assert [one.referral_id for one in await eventually(said)] == [referral.referral_id]

    async def held() -> list[Any]:
        return await notifier.sql("SELECT 1 FROM deliveries WHERE attempts = 1 AND next_attempt_at IS NULL")

    await eventually(held)


@pytest.mark.parametrize(
    ("filters", "let_through"),
    [
        ({"event_types": ["pe.unavez.referral.cancelled.v1"]}, []),
        ({"service_types": ["PSY-CSO"]}, [{"service_type": "PSY-CSO"}]),
        ({"districts": ["15"]}, [{"district": "15"}, {"district": None}]),
        ({"service_types": ["SHL-HRT"], "districts": ["15"]}, [{"district": "15"}]),
    ],
    ids=["event types", "service types", "districts", "service types and districts"],
)
async def test_a_subscription_that_leaves_offers_out_is_no_channel_for_them(
    filters: Any, let_through: list[Any], notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency, long_ago = uuid4(), datetime.now(UTC) - timedelta(days=30)
    created = await subscribed(notifier, agency, receiver)
    await notifier.hear(REFERRAL_OFFERED, offer(agency, organization_entered_at=long_ago))
    await patched(notifier, agency, created, **filters)
    heard = [offer(agency, organization_entered_at=long_ago, **changed) for changed in let_through]
    unheard = offer(agency, organization_entered_at=long_ago)
    await notifier.hear(REFERRAL_OFFERED, *heard, unheard)

    async def said() -> list[Any]:
        return await notifier.said(DELIVERY_EXHAUSTED)

    assert [one.referral_id for one in await eventually(said)] == [unheard.referral_id]


async def test_an_endpoint_paused_before_it_agreed_is_asked_again_when_it_is_resumed(
    notifier: Notifier, receiver: Receiver
) -> None:
    agency = uuid4()
    receiver.agrees = False
    created = await notifier.subscribe(agency, receiver.url)
    await patched(notifier, agency, created, paused=True)
    receiver.agrees = True
    assert (await patched(notifier, agency, created, paused=False))["status"] == "unverified"
    await notifier.active(agency, created["subscription_id"])
    await arrived(receiver, *["subscription.changed"] * 2)


async def test_changes_and_the_handshake_may_meet_and_the_endpoint_is_verified_all_the_same(
    notifier: Notifier, receiver: Receiver
) -> None:
    team = uuid4()
    body = {"channel": "webhook", "endpoint": receiver.url}
    created = (await notifier.ask("POST", "/v1/subscriptions", team, role=Role.COORDINATOR, json=body)).json()
    districts = [["15"], ["17"], ["08"], None] * 3
    answers = await asyncio.gather(
        *(
            notifier.ask("PATCH", path(created), team, role=Role.COORDINATOR, json={"districts": one})
            for one in districts
        )
    )
    assert {one.status_code for one in answers} == {200}

    async def active() -> bool:
        shown = await notifier.ask("GET", path(created), team, role=Role.COORDINATOR)
        return bool(shown.json()["status"] == "active")

    await eventually(active)
