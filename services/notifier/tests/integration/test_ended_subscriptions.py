"""How a subscription ends: in the feed, on the other channels, and as the last message to its own endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from standardwebhooks.webhooks import Webhook

from unavez_notifier.use_cases.end_subscriptions import end_subscriptions
from unavez_shared.contracts.event_data import ReferralState
from unavez_shared.contracts.events import DELIVERY_EXHAUSTED, REFERRAL_OFFERED, SERVICE_PUBLISHED

from .conftest import Notifier, eventually
from .receiver import Receiver, receiving
from .test_subscriptions_api import ENDPOINT, house

Offer = Callable[..., ReferralState]
ENDED = "pe.unavez.subscription.ended.v1"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


async def arrived(receiver: Receiver, *types: str) -> None:
    async def check() -> bool:
        return receiver.types() == list(types)

    await eventually(check)


async def subscribed(notifier: Notifier, agency: UUID, receiver: Receiver, **fields: Any) -> Any:
    """Subscribe and wait until the endpoint has agreed."""
    created = await notifier.subscribe(agency, receiver.url, **fields)
    await notifier.active(agency, created["subscription_id"])
    return created


async def ended_in_feed(notifier: Notifier, agency: UUID) -> list[Any]:
    events = (await notifier.feed(agency))["events"]
    return [one["data"] for one in events if one["type"] == ENDED and one["subject"] == one["data"]["subscription_id"]]


async def rows(notifier: Notifier) -> int:
    ((count,),) = await notifier.sql("SELECT count(*) FROM subscriptions")
    return int(count)


async def test_the_end_of_a_subscription_is_its_last_signed_message_and_reaches_the_other_channels(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    async with receiving() as other:
        await subscribed(notifier, agency, other, event_types=["pe.unavez.referral.offered.v1"])
        created = await subscribed(notifier, agency, receiver, service_types=["PSY-CSO"])
        assert (await notifier.ask("DELETE", path(created), agency)).status_code == 204
        assert (await notifier.ask("GET", path(created), agency)).status_code == 404
        await notifier.hear(REFERRAL_OFFERED, offer(agency, service_type="PSY-CSO"))
        await arrived(receiver, "subscription.ended")
        post = receiver.received[0]
        assert post.event["data"] == {"subscription_id": created["subscription_id"], "demo": True}
        Webhook(created["secret"]).verify(post.body, post.headers)
        await arrived(other, "subscription.announced", "subscription.ended", "referral.offered")
        assert await ended_in_feed(notifier, agency) == [post.event["data"]]

        async def forgotten() -> bool:
            return await rows(notifier) == 1

        await eventually(forgotten)


async def test_the_end_waits_for_what_may_still_be_under_way(notifier: Notifier, receiver: Receiver) -> None:
    agency = uuid4()
    receiver.respond = lambda _: (500, {})
    created = await subscribed(notifier, agency, receiver)
    await notifier.ask("POST", f"{path(created)}/test", agency)
    await arrived(receiver, "endpoint.test")
    await notifier.ask("DELETE", path(created), agency)
    ((due_in, attempted),) = await notifier.sql(
        "SELECT next_attempt_at - now(), attempts FROM deliveries WHERE status = 'pending'"
    )
    assert (timedelta(seconds=10) < due_in < timedelta(seconds=21), attempted) == (True, 0)
    receiver.respond = lambda _: (200, {})
    await notifier.sql("UPDATE deliveries SET next_attempt_at = now() WHERE status = 'pending'")
    await arrived(receiver, "endpoint.test", "subscription.ended")


async def test_an_endpoint_that_never_agreed_is_told_nothing_and_gone_at_once(
    notifier: Notifier, receiver: Receiver
) -> None:
    agency = uuid4()
    receiver.agrees = False
    created = await notifier.subscribe(agency, receiver.url)
    await notifier.ask("DELETE", path(created), agency)
    assert await rows(notifier) == 0
    assert len(await ended_in_feed(notifier, agency)) == 1
    assert receiver.received == []


async def test_an_offer_nobody_was_told_becomes_a_call_when_the_subscription_ends(
    notifier: Notifier, offer: Offer
) -> None:
    agency = uuid4()
    created = await notifier.subscribe(agency, ENDPOINT)
    referral = offer(agency)
    await notifier.hear(REFERRAL_OFFERED, referral)
    await notifier.ask("DELETE", path(created), agency)

    async def said() -> list[Any]:
        return await notifier.said(DELIVERY_EXHAUSTED)

    assert [one.referral_id for one in await eventually(said)] == [referral.referral_id]


async def test_a_subscription_the_notifier_ends_is_published_once_and_nothing_goes_to_an_endpoint_that_is_gone(
    notifier: Notifier, offer: Offer, receiver: Receiver
) -> None:
    agency = uuid4()
    async with receiving() as other:
        await subscribed(notifier, agency, other)
        created = await subscribed(notifier, agency, receiver)
        receiver.respond = lambda _: (410, {})
        await notifier.hear(REFERRAL_OFFERED, offer(agency))

        async def disabled() -> bool:
            return await notifier.status(agency, created["subscription_id"]) == "disabled"

        await eventually(disabled)
        await arrived(other, "subscription.announced", "referral.offered", "subscription.ended")
        await notifier.ask("DELETE", path(created), agency)
        assert await ended_in_feed(notifier, agency) == [{"subscription_id": created["subscription_id"], "demo": True}]
        assert await rows(notifier) == 1
        await arrived(receiver, "referral.offered")


async def test_the_channel_of_a_hidden_house_ends_in_the_feed_and_its_endpoint_hears_nothing_more(
    notifier: Notifier, receiver: Receiver
) -> None:
    agency = uuid4()
    receiver.respond = lambda _: (500, {})
    deleted = await subscribed(notifier, agency, receiver)
    await notifier.ask("DELETE", path(deleted), agency)
    await arrived(receiver, "subscription.ended")
    await subscribed(notifier, agency, receiver)
    await notifier.hear(SERVICE_PUBLISHED, house(agency), sequence=1)
    assert len(await ended_in_feed(notifier, agency)) == 2
    pending = "SELECT 1 FROM deliveries d JOIN subscriptions USING (subscription_id) WHERE d.status = 'pending'"
    assert await notifier.sql(pending) == []
    assert await rows(notifier) == 1  # disabled, for its owner to see why; the deleted one is forgotten


async def test_any_stored_subscription_can_be_ended_whatever_state_an_earlier_version_left_it_in(
    notifier: Notifier, receiver: Receiver
) -> None:
    agency = uuid4()
    old, new = [await subscribed(notifier, agency, receiver) for _ in range(2)]

    async def settled() -> bool:
        return await notifier.sql("SELECT 1 FROM deliveries WHERE status = 'pending'") == []

    await eventually(settled)  # an end waits out the lease of what is under way
    # As an earlier version disabled it: in silence.
    await notifier.sql(
        "UPDATE subscriptions SET status = 'disabled', disabled_reason = 'failing'"
        " WHERE created_at = (SELECT min(created_at) FROM subscriptions)"
    )
    ids = [UUID(one["subscription_id"]) for one in (old, new)]
    for _ in range(2):
        async with notifier.service.runtime.database.transaction() as work:
            await end_subscriptions(ids, work, notifier.stores, at=notifier.clock.now())
    assert {one["subscription_id"] for one in await ended_in_feed(notifier, agency)} == set(map(str, ids))

    async def heard() -> bool:
        return sorted(receiver.types()) == ["subscription.announced", "subscription.ended", "subscription.ended"]

    await eventually(heard)
    assert len(await ended_in_feed(notifier, agency)) == 2


def path(created: Any) -> str:
    return f"/v1/subscriptions/{created['subscription_id']}"
