from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args
from unittest.mock import AsyncMock, Mock
from uuid import UUID, uuid4

import pytest

from unavez_notifier.adapters.measures import attempted, waiting
from unavez_notifier.api import subscription_models
from unavez_notifier.channels.channel import Answer, Outgoing
from unavez_notifier.channels.registry import CHANNELS, NAMES, TRACED, names_of
from unavez_notifier.channels.webhook.channel import Webhook
from unavez_notifier.domain.deliveries import DueDelivery
from unavez_notifier.domain.subscriptions import Filters
from unavez_notifier.use_cases.attempt_delivery import attempt_delivery
from unavez_notifier.use_cases.create_subscription import CreateSubscription, create_subscription
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.channels import CHANNEL_NAMES
from unavez_shared.contracts.errors import InvalidInputError
from unavez_shared.observability.labels import is_allowed


class Pigeon:
    """A second channel: it answers what the test wants and keeps what it was given."""

    name = "amqp"
    leaves_trace = False

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.sent: list[Outgoing] = []

    def check(self, address: str | None) -> str:
        return address or "loft"

    async def verify(self, address: str) -> bool:
        return address == "loft"

    async def deliver(self, outgoing: Outgoing) -> Answer:
        self.sent.append(outgoing)
        return self.answer

    async def close(self) -> None:
        return None


class OpenBox:
    def seal(self, secret: bytes, _subscription_id: UUID) -> bytes:
        return secret

    def open(self, sealed: bytes, _subscription_id: UUID) -> bytes:
        return sealed


def due(**changed: Any) -> DueDelivery:
    values: dict[str, Any] = {
        "organization_id": uuid4(),
        "subscription_id": uuid4(),
        "position": 1,
        "event_id": uuid4(),
        "body": b"{}",
        "channel": "amqp",
        "endpoint": "loft",
        "secret": b"new",
        "previous_secret": b"old",
        "attempts": 1,
        "first_attempt_at": datetime.now(UTC),
        "failing_since": None,
        "is_last": False,
        **changed,
    }
    return DueDelivery(**values)


@pytest.mark.parametrize(
    ("answer", "changed", "status"),
    [
        (Answer("delivered"), {}, "delivered"),
        (Answer("gone", 410), {}, "gone"),
        (Answer("failed", error="timeout"), {}, "pending"),
        (Answer("failed", 500), {"first_attempt_at": datetime.now(UTC) - timedelta(days=3)}, "exhausted"),
    ],
)
async def test_an_event_goes_out_by_the_channel_of_its_subscription(
    answer: Answer, changed: dict[str, Any], status: str
) -> None:
    pigeon, webhook, delivery = Pigeon(answer), AsyncMock(), due(**changed)
    channels = cast("Any", {"webhook": webhook, "amqp": pigeon})
    stores = cast("Any", Mock(channels=channels, secrets=OpenBox()))
    settlement = await attempt_delivery(delivery, stores, clock=SystemClock())
    assert settlement.status == status
    assert (settlement.status_code, settlement.error) == (answer.status_code, answer.error)
    assert pigeon.sent == [Outgoing(delivery.event_id, b"{}", "loft", [b"new", b"old"])]
    webhook.deliver.assert_not_called()


async def subscribe(channel: str, *, hides: bool) -> Any:
    """Ask for a subscription where webhook and a second channel are built, and return the row it is stored as."""
    stores = Mock(
        feeds=Mock(lock=AsyncMock(), append=AsyncMock(return_value=[Mock(position=7)])),
        subscriptions=Mock(of_feed=AsyncMock(return_value=[]), insert=AsyncMock()),
        services=Mock(runs_hidden_service=AsyncMock(return_value=hides)),
        secrets=OpenBox(),
        channels={"amqp": Pigeon(Answer("delivered"))},
        demo=True,
    )
    command = CreateSubscription(Actor("SYNTHETIC-1", Role.AGENCY, uuid4()), channel, None, Filters())
    await create_subscription(command, cast("Any", Mock(now=SystemClock().now)), stores)
    return stores.subscriptions.insert.call_args.args[1]


async def test_a_channel_that_leaves_no_trace_is_open_to_who_runs_a_hidden_house() -> None:
    stored = await subscribe("amqp", hides=True)
    assert (stored.channel, stored.endpoint) == ("amqp", "loft")


@pytest.mark.parametrize(
    ("channel", "hides", "code"),
    [
        ("webhook", True, "channel_unsafe"),
        ("email", True, "channel_unsafe"),
        ("email", False, "channel_unavailable"),
    ],
)
async def test_a_channel_is_refused_as_unsafe_first_and_as_not_built_then(channel: str, hides: bool, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await subscribe(channel, hides=hides)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/channel", code)]


def test_api_metrics_and_traces_follow_the_table_of_channels() -> None:
    assert tuple(kind.name for kind in CHANNELS) == NAMES
    assert get_args(subscription_models._Channel) == NAMES
    assert get_args(subscription_models._AskedChannel) == CHANNEL_NAMES
    assert {"webhook", "email"} <= TRACED
    for name in NAMES:
        assert is_allowed("channel", name)
        assert waiting(name).parameters == {"channel": name}
        attempted(name, "delivered")


@pytest.mark.parametrize("name", ["webhook", "pigeon"])
def test_a_channel_without_a_name_of_its_own_in_the_contract_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match="a name of its own"):
        names_of((Webhook, type("Second", (Webhook,), {"name": name})))
