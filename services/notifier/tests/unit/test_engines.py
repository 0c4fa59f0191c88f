from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from unittest.mock import AsyncMock, Mock

import pytest

from unavez_notifier.domain.deliveries import Settlement
from unavez_notifier.messaging import delivery_engine, handshake_engine
from unavez_notifier.messaging.delivery_engine import DeliveryEngine
from unavez_notifier.messaging.handshake_engine import HandshakeEngine
from unavez_shared.clock import SystemClock
from unavez_shared.loops import Signal


class Flaky:
    """A database: its first transactions raise, the next one stops the loop."""

    clock = SystemClock()

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.stopping = asyncio.Event()
        self.stores = Mock(
            deliveries=AsyncMock(), subscriptions=AsyncMock(), feeds=AsyncMock(), services=AsyncMock(), channels={}
        )
        self.stores.deliveries.claim.return_value = []
        self.stores.subscriptions.claim_handshakes.return_value = []
        self.stores.wakes = Mock(deliveries=Signal(), handshakes=Signal())

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        if self.errors:
            raise self.errors.pop(0)
        yield Mock(now=self.clock.now, lazily=AsyncMock())
        self.stopping.set()


def engine(kind: Any, database: Flaky) -> Any:
    return kind(database, database.stores)


async def test_what_an_attempt_brought_is_settled_once_whatever_the_rounds_before_met(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery_engine, "_PAUSE_SECONDS", 0)
    database = Flaky(ConnectionResetError(), ValueError())
    deliveries = engine(DeliveryEngine, database)
    settlement = Settlement(cast("Any", Mock(failing_since=None, is_last=False)), "delivered")
    deliveries._ended.append(settlement)
    async with asyncio.timeout(5):
        await deliveries.run(database.stopping)
    assert database.errors == []
    assert [call.args[1] for call in database.stores.deliveries.settle.await_args_list] == [[settlement]]


async def test_handshakes_are_claimed_again_whatever_the_rounds_before_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake_engine, "_IDLE_SECONDS", 0)
    database = Flaky(ConnectionResetError(), ValueError())
    async with asyncio.timeout(5):
        await engine(HandshakeEngine, database).run(database.stopping)
    assert database.errors == []
    database.stores.subscriptions.claim_handshakes.assert_awaited_once()
