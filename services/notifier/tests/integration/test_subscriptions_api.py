from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from unavez_notifier.domain.subscriptions import MOST_PER_FEED
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import Delivery, ReferralState, ServiceState, Tier
from unavez_shared.contracts.events import REFERRAL_OFFERED, SERVICE_CHANGED, SERVICE_PUBLISHED, SUBSCRIPTION_DISABLED
from unavez_shared.protocol.places import departments
from unavez_shared.protocol.vocabulary import SERVICE_TYPES

from .conftest import Notifier, Start, eventually
from .receiver import receiving

Offer = Callable[..., ReferralState]
ENDPOINT = "http://127.0.0.1:9/hook"


def house(organization_id: UUID, **changed: Any) -> ServiceState:
    values: dict[str, Any] = {
        "service_id": uuid4(),
        "organization_id": organization_id,
        "front_door_organization_id": organization_id,
        "service_type": "SHL-HRT",
        "name": "Synthetic",
        "active": True,
        "tier": Tier.HIDDEN,
        "delivery": Delivery.SYSTEM,
        "location_district": None,
        "served_areas": ["PE"],
        "entered_at": datetime.now(UTC),
        "demo": True,
        **changed,
    }
    return ServiceState(**values)


async def refused(notifier: Notifier, organization_id: UUID, **body: Any) -> list[tuple[str, str]]:
    response = await notifier.ask("POST", "/v1/subscriptions", organization_id, json=body)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


async def test_subscription_is_shown_to_its_owner_without_its_secret(notifier: Notifier) -> None:
    agency = uuid4()
    created = await notifier.subscribe(agency, ENDPOINT, districts=["17"])
    path = f"/v1/subscriptions/{created['subscription_id']}"
    shown = (await notifier.ask("GET", path, agency)).json()
    assert {**shown, "secret": created["secret"]} == created
    assert UUID(created["subscription_id"]).version == 4  # random, like all ids an agency sees (SAFETY N7)
    listed = (await notifier.ask("GET", "/v1/subscriptions", agency)).json()
    assert [one["subscription_id"] for one in listed["subscriptions"]] == [created["subscription_id"]]
    assert "secret" not in listed["subscriptions"][0]


async def test_secret_is_sealed_at_rest(notifier: Notifier) -> None:
    import base64

    created = await notifier.subscribe(uuid4(), ENDPOINT)
    clear = base64.b64decode(created["secret"].removeprefix("whsec_"))
    assert len(clear) == 32
    ((stored,),) = await notifier.sql("SELECT secret FROM subscriptions")
    assert clear not in stored


@pytest.mark.parametrize("channel", ["amqp", "email"])
async def test_channel_that_is_not_offered_is_refused(notifier: Notifier, channel: str) -> None:
    assert await refused(notifier, uuid4(), channel=channel) == [("/channel", "channel_unavailable")]


async def test_wrong_bodies_are_refused_without_an_echo(notifier: Notifier) -> None:
    agency = uuid4()
    assert await refused(notifier, agency, channel="webhook") == [("/endpoint", "required")]
    inside = await refused(notifier, agency, channel="webhook", endpoint="https://10.0.0.1/")
    assert inside == [("/endpoint", "address_not_allowed")]
    body = {"channel": "webhook", "endpoint": ENDPOINT, "SECRET-NAME": "SECRET-VALUE", "districts": ["SECRET-X"]}
    response = await notifier.ask("POST", "/v1/subscriptions", agency, json=body)
    assert response.status_code == 422
    assert "SECRET" not in response.text
    assert (await notifier.ask("GET", "/v1/subscriptions", agency)).json()["subscriptions"] == []
    assert (await notifier.feed(agency))["events"] == []


async def test_organization_with_a_hidden_house_gets_no_webhook_and_no_e_mail(notifier: Notifier) -> None:
    house_organization, front_door = uuid4(), uuid4()
    hidden = house(house_organization, front_door_organization_id=front_door)
    await notifier.hear(SERVICE_PUBLISHED, hidden, sequence=1)
    for channel in ("webhook", "email"):
        unsafe = await refused(notifier, house_organization, channel=channel, endpoint=ENDPOINT)
        assert unsafe == [("/channel", "channel_unsafe")]
    assert await refused(notifier, house_organization, channel="amqp") == [("/channel", "channel_unavailable")]
    assert await refused(notifier, front_door, channel="email") == [("/channel", "channel_unavailable")]
    await notifier.subscribe(front_door, ENDPOINT)
    await notifier.hear(SERVICE_CHANGED, hidden.model_copy(update={"tier": Tier.PUBLIC}), sequence=2)
    await notifier.hear(SERVICE_CHANGED, hidden, sequence=1)
    await notifier.subscribe(house_organization, ENDPOINT)


async def test_webhook_is_switched_off_when_its_organization_begins_to_hide(notifier: Notifier, offer: Offer) -> None:
    agency = uuid4()
    async with receiving() as receiver:
        created = await notifier.subscribe(agency, receiver.url)
        await notifier.active(agency, created["subscription_id"])
        await notifier.hear(SERVICE_PUBLISHED, house(agency), sequence=1)
        assert await notifier.status(agency, created["subscription_id"]) == "disabled"
        await notifier.hear(REFERRAL_OFFERED, offer(agency))

        async def said() -> list[Any]:
            return await notifier.said(SUBSCRIPTION_DISABLED)

        assert len(await eventually(said)) == 1
        assert receiver.received == []
        path = f"/v1/subscriptions/{created['subscription_id']}"
        for revive in (
            await notifier.ask("PATCH", path, agency, json={"paused": False}),
            await notifier.ask("POST", f"{path}/rotate-secret", agency),
        ):
            assert (revive.status_code, revive.json()["type"]) == (409, "urn:unavez:problem:subscription_disabled")


async def test_an_endpoint_is_never_changed(notifier: Notifier) -> None:
    agency = uuid4()
    created = await notifier.subscribe(agency, ENDPOINT)
    path = f"/v1/subscriptions/{created['subscription_id']}"
    for endpoint in ("http://127.0.0.1:9/elsewhere", ENDPOINT, None):
        moved = await notifier.ask("PATCH", path, agency, json={"endpoint": endpoint, "districts": ["15"]})
        allowed = ["event_types", "service_types", "districts", "paused"]
        assert (moved.status_code, moved.json()["errors"]) == (
            422,
            [{"pointer": "/endpoint", "code": "immutable_field", "allowed": allowed}],
        )
    shown = (await notifier.ask("GET", path, agency)).json()
    assert {**shown, "secret": created["secret"]} == created


async def test_a_filter_with_an_unknown_code_is_refused_with_the_codes_there_are(notifier: Notifier) -> None:
    agency = uuid4()
    created = await notifier.subscribe(agency, ENDPOINT, service_types=["SHL-HRT"])
    path = f"/v1/subscriptions/{created['subscription_id']}"
    wrong = {
        "event_types": ["pe.unavez.plan.made.v1"],
        "service_types": ["SHL-HRT", "SECRET-TYPE"],
        "districts": ["17", "99"],
    }
    for response in (
        await notifier.ask(
            "POST", "/v1/subscriptions", agency, json={"channel": "webhook", "endpoint": ENDPOINT, **wrong}
        ),
        await notifier.ask("PATCH", path, agency, json=wrong),
    ):
        assert response.status_code == 422
        assert "SECRET" not in response.text
        first, second, third = response.json()["errors"]
        assert (first["pointer"], first["code"]) == ("/event_types/0", "unknown_code")
        assert "pe.unavez.referral.offered.v1" in first["allowed"]
        assert "pe.unavez.plan.made.v1" not in first["allowed"]  # an agency's feed never holds one
        assert (second["pointer"], second["code"]) == ("/service_types/1", "unknown_code")
        assert second["allowed"] == sorted(SERVICE_TYPES)
        assert (third["pointer"], third["code"]) == ("/districts/1", "unknown_code")
        assert third["allowed"] == sorted(departments())
    assert len((await notifier.ask("GET", "/v1/subscriptions", agency)).json()["subscriptions"]) == 1
    body = {"channel": "webhook", "endpoint": ENDPOINT, "event_types": ["pe.unavez.plan.made.v1"]}
    team = await notifier.ask("POST", "/v1/subscriptions", agency, role=Role.COORDINATOR, json=body)
    assert team.status_code == 201


async def test_a_filter_an_earlier_version_stored_is_read_and_kept(notifier: Notifier) -> None:
    agency = uuid4()
    created = await notifier.subscribe(agency, ENDPOINT)
    await notifier.sql("UPDATE subscriptions SET service_types = ARRAY['OLD-TYPE']")
    path = f"/v1/subscriptions/{created['subscription_id']}"
    changed = await notifier.ask("PATCH", path, agency, json={"districts": ["15"]})
    assert (changed.status_code, changed.json()["service_types"]) == (200, ["OLD-TYPE"])


async def test_deleted_subscription_is_gone_and_its_feed_stays(notifier: Notifier, offer: Offer) -> None:
    agency = uuid4()
    created = await notifier.subscribe(agency, ENDPOINT)
    await notifier.hear(REFERRAL_OFFERED, offer(agency))
    path = f"/v1/subscriptions/{created['subscription_id']}"
    assert (await notifier.ask("DELETE", path, agency)).status_code == 204
    assert (await notifier.ask("GET", path, agency)).status_code == 404
    assert await notifier.sql("SELECT 1 FROM deliveries") == []
    assert (await notifier.feed(agency))["positions"] == [1, 2, 3]


async def test_deliveries_are_listed_with_what_became_of_them(notifier: Notifier, offer: Offer) -> None:
    agency = uuid4()
    async with receiving() as receiver:
        created = await notifier.subscribe(agency, receiver.url)
        await notifier.hear(REFERRAL_OFFERED, offer(agency), offer(agency))
        path = f"/v1/subscriptions/{created['subscription_id']}/deliveries"

        async def delivered() -> Any:
            page = (await notifier.ask("GET", path, agency)).json()
            return page if [one["status"] for one in page["deliveries"]] == ["delivered"] * 2 else None

        page = await eventually(delivered)
        assert [one["position"] for one in page["deliveries"]] == [2, 3]
        assert [one["attempts"] for one in page["deliveries"]] == [1, 1]
        assert page["next"] == 3
        assert (await notifier.ask("GET", f"{path}?after=3", agency)).json()["deliveries"] == []


async def test_replay_without_a_body_begins_at_the_beginning(notifier: Notifier, offer: Offer) -> None:
    agency = uuid4()
    async with receiving() as receiver:
        created = await notifier.subscribe(agency, receiver.url)
        await notifier.active(agency, created["subscription_id"])
        await notifier.hear(REFERRAL_OFFERED, offer(agency))

        async def settled() -> bool:
            page = (
                await notifier.ask("GET", f"/v1/subscriptions/{created['subscription_id']}/deliveries", agency)
            ).json()
            return [one["status"] for one in page["deliveries"]] == ["delivered"]

        await eventually(settled)
        path = f"/v1/subscriptions/{created['subscription_id']}/replay"
        replayed = await notifier.ask("POST", path, agency)
        assert (replayed.status_code, replayed.json()["deliveries"]) == (202, 1)
        assert (await notifier.ask("POST", path, agency, json={})).status_code == 202


ITEM_ROUTES = [
    ("GET", "", None),
    ("PATCH", "", {"endpoint": 7}),
    ("DELETE", "", None),
    ("POST", "/test", None),
    ("POST", "/rotate-secret", None),
    ("POST", "/replay", {"after": "wrong"}),
    ("GET", "/deliveries?limit=wrong", None),
]


@pytest.mark.parametrize(("method", "suffix", "body"), ITEM_ROUTES)
async def test_foreign_subscription_and_none_at_all_are_the_same_404(
    notifier: Notifier, method: str, suffix: str, body: Any
) -> None:
    owner = uuid4()
    created = await notifier.subscribe(owner, ENDPOINT)
    own = f"/v1/subscriptions/{created['subscription_id']}{suffix}"
    answers = [
        await notifier.ask(method, own, uuid4(), json=body),
        await notifier.ask(method, f"/v1/subscriptions/{uuid4()}{suffix}", owner, json=body),
        await notifier.ask(method, own, owner, role=Role.COORDINATOR, json=body),
        await notifier.ask(method, own, uuid4(), role=Role.STATISTICS, json=body),
    ]
    assert {(one.status_code, one.content) for one in answers} == {(404, answers[0].content)}
    assert (await notifier.ask(method, own, owner, role=Role.STATISTICS, json=body)).status_code == 403
    assert (await notifier.client.request(method, own, json=body)).status_code == 401


@pytest.mark.parametrize(
    "query", ["?after=-1", "?after=x", "?limit=0", "?wait=-1", "?wait=nan", "?unknown=1", f"?after={2**63}"]
)
async def test_wrong_query_is_refused(notifier: Notifier, query: str) -> None:
    response = await notifier.ask("GET", f"/v1/events{query}", uuid4())
    assert response.status_code == 422


async def test_a_webhook_of_team_events_is_a_coordinators_and_never_a_frontline_workers(notifier: Notifier) -> None:
    team = uuid4()
    body = {"channel": "webhook", "endpoint": ENDPOINT}
    refusal = await notifier.ask("POST", "/v1/subscriptions", team, role=Role.FRONTLINE, json=body)
    assert refusal.status_code == 403
    created = await notifier.ask("POST", "/v1/subscriptions", team, role=Role.COORDINATOR, json=body)
    assert created.status_code == 201
    own = f"/v1/subscriptions/{created.json()['subscription_id']}"
    for method, path, sent in (
        ("GET", "/v1/subscriptions", None),
        ("GET", own, None),
        ("PATCH", own, {"districts": ["17"]}),
        ("DELETE", own, None),
        ("POST", f"{own}/rotate-secret", None),
        ("POST", f"{own}/replay", {"after": 0}),
        ("GET", f"{own}/deliveries", None),
    ):
        assert (await notifier.ask(method, path, team, role=Role.FRONTLINE, json=sent)).status_code == 403, path


@pytest.mark.parametrize("role", [Role.STATISTICS, Role.OPERATOR, Role.DIRECTORY_EDITOR])
async def test_role_without_a_feed_is_refused(notifier: Notifier, role: Role) -> None:
    for method, path in (("GET", "/v1/events"), ("GET", "/v1/subscriptions"), ("POST", "/v1/subscriptions")):
        assert (await notifier.ask(method, path, uuid4(), role=role)).status_code == 403


async def test_plain_http_is_refused_where_no_network_is_allowed(start: Start) -> None:
    notifier = await start(webhook_allow_networks=[])
    assert await refused(notifier, uuid4(), channel="webhook", endpoint=ENDPOINT) == [("/endpoint", "https_required")]


async def test_number_of_subscriptions_of_a_feed_is_bounded(notifier: Notifier) -> None:
    agency = uuid4()
    for _ in range(MOST_PER_FEED):
        await notifier.subscribe(agency, ENDPOINT)
    response = await notifier.ask(
        "POST", "/v1/subscriptions", agency, json={"channel": "webhook", "endpoint": ENDPOINT}
    )
    assert (response.status_code, response.json()["type"]) == (409, "urn:unavez:problem:too_many_subscriptions")
    assert f"({MOST_PER_FEED})" in response.json()["detail"]
    assert f"({MOST_PER_FEED})" in response.json()["detail_en"]
