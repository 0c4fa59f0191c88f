"""Endpoints that hang hold up nobody else's webhook, however many of them one organization has."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from unavez_notifier.channels.registry import NAMES
from unavez_notifier.domain.agency_events import referral_event
from unavez_notifier.domain.lanes import QUICK, SLOW, Load
from unavez_notifier.use_cases import create_subscription
from unavez_notifier.use_cases.tell import tell
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import ReferralState
from unavez_shared.contracts.events import REFERRAL_OFFERED

from .conftest import Notifier, Start, eventually
from .receiver import receiving

Offer = Callable[..., ReferralState]
SOON = 5
"""Seconds. An attempt that hangs takes ten."""


@dataclass
class Silence:
    """A server that takes every connection and never answers."""

    url: str
    connections: list[asyncio.BaseTransport] = field(default_factory=list)

    async def is_asked(self) -> bool:
        return bool(self.connections)


@asynccontextmanager
async def silence(notifier: Notifier) -> AsyncIterator[Silence]:
    silent = Silence("")

    class Connection(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            silent.connections.append(transport)

    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    silent.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        yield silent
        await notifier.service.begin_stop()
        for connection in silent.connections:
            connection.close()


async def activate_all(notifier: Notifier) -> None:
    await notifier.sql("UPDATE subscriptions SET status = 'active', verified_at = now(), next_handshake_at = NULL")


@pytest.mark.parametrize(("endpoints", "offers"), [(1, 100), (50, 5)], ids=["one", "fifty"])
async def test_endpoints_that_hang_do_not_delay_the_webhook_of_another_organization(
    notifier: Notifier, offer: Offer, monkeypatch: pytest.MonkeyPatch, endpoints: int, offers: int
) -> None:
    monkeypatch.setattr(create_subscription, "MOST_PER_FEED", 50)  # rows from before the limit may be as many
    stuck, lively = uuid4(), uuid4()
    async with silence(notifier) as silent, receiving() as receiver:
        for _ in range(endpoints):
            await notifier.subscribe(stuck, silent.url)
        await notifier.subscribe(lively, receiver.url)
        await activate_all(notifier)
        await notifier.hear(REFERRAL_OFFERED, *(offer(stuck, urgency="stat") for _ in range(offers)))
        await eventually(silent.is_asked)
        await notifier.hear(REFERRAL_OFFERED, *(offer(lively, urgency="routine") for _ in range(50)))

        async def has_arrived() -> bool:
            return len(receiver.received) == 50

        await eventually(has_arrived, seconds=SOON)


async def test_endpoints_that_do_not_answer_the_handshake_delay_no_other_organizations(notifier: Notifier) -> None:
    stuck, lively = uuid4(), uuid4()
    async with silence(notifier) as silent, receiving() as receiver:
        body = {"channel": "webhook", "endpoint": silent.url}
        for role in [Role.AGENCY, Role.COORDINATOR] * 10:
            created = await notifier.ask("POST", "/v1/subscriptions", stuck, role=role, json=body)
            assert created.status_code == 201
        await eventually(silent.is_asked)
        created = await notifier.subscribe(lively, receiver.url)

        async def is_active() -> bool:
            return await notifier.status(lively, created["subscription_id"]) == "active"

        await eventually(is_active, seconds=SOON)


async def claimed(notifier: Notifier, **changed: object) -> Counter[UUID]:
    """Claim as an engine would, under a lease that is over at once, and return how much of whom."""
    asked = {"limit": 40, "channels": NAMES, "lane": QUICK, "load": Load(), **changed}
    async with notifier.service.runtime.database.transaction() as work:
        found = await notifier.stores.deliveries.claim(work, now=notifier.clock.now(), lease=timedelta(), **asked)
    return Counter(one.organization_id for one in found)


async def test_organizations_take_turns_and_have_a_share_of_each_lane(start: Start, offer: Offer) -> None:
    notifier = await start(process_role="api")  # nothing is attempted
    crowd, single = uuid4(), uuid4()
    for _ in range(10):
        await notifier.subscribe(crowd, "http://127.0.0.1:9/")
    first = await notifier.subscribe(single, "http://127.0.0.1:9/")
    await activate_all(notifier)
    async with notifier.service.runtime.database.transaction() as work:
        at = notifier.clock.now()
        offers = [offer(crowd) for _ in range(10)] + [offer(single) for _ in range(10)]
        kind = REFERRAL_OFFERED.type
        await tell([referral_event(kind, one, at=at, public_url="") for one in offers], work, notifier.stores, at=at)
    assert await claimed(notifier) == {crowd: 30, single: 10}
    assert await claimed(notifier, limit=1000) == {crowd: QUICK.each_organization, single: 10}
    assert await claimed(notifier, load=Load(organizations=[(crowd, 30)])) == {crowd: 2, single: 10}
    full = Load([(UUID(first["subscription_id"]), QUICK.each_subscription, False)])
    assert await claimed(notifier, load=full) == {crowd: 32}
    slow = Load([(UUID(first["subscription_id"]), 0, True)])
    assert await claimed(notifier, load=slow) == {crowd: 32}
    assert await claimed(notifier, lane=SLOW, load=slow) == {single: 1}
    assert await claimed(notifier, channels=["amqp"]) == {}, "what this version does not offer is left alone"
    await notifier.sql("UPDATE subscriptions SET failing_since = now()")
    assert await claimed(notifier) == {}
    assert await claimed(notifier, lane=SLOW) == {crowd: SLOW.each_organization, single: 1}
