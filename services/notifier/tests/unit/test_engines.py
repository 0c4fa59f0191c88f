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
    """Transactions: the first ones raise, the next one stops the loop."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.stopping = asyncio.Event()
        self.work = AsyncMock()
        self.work.deliveries.claim.return_value = []
        self.work.subscriptions.claim_handshakes.return_value = []

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Any]:
        if self.errors:
            raise self.errors.pop(0)
        yield self.work
        self.stopping.set()


def engine(kind: Any, transactions: Flaky, **more: Any) -> Any:
    return kind(transactions=transactions, channels={}, clock=SystemClock(), signal=Signal(), demo=True, **more)


async def test_what_an_attempt_brought_is_settled_once_whatever_the_rounds_before_met(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery_engine, "_PAUSE_SECONDS", 0)
    transactions = Flaky(ConnectionResetError(), ValueError())
    deliveries = engine(DeliveryEngine, transactions, secrets=None)
    settlement = Settlement(cast("Any", Mock(failing_since=None, is_last=False)), "delivered")
    deliveries._ended.append(settlement)
    async with asyncio.timeout(5):
        await deliveries.run(transactions.stopping)
    assert transactions.errors == []
    assert [call.args[0] for call in transactions.work.deliveries.settle.await_args_list] == [[settlement]]


async def test_handshakes_are_claimed_again_whatever_the_rounds_before_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake_engine, "_IDLE_SECONDS", 0)
    transactions = Flaky(ConnectionResetError(), ValueError())
    async with asyncio.timeout(5):
        await engine(HandshakeEngine, transactions).run(transactions.stopping)
    assert transactions.errors == []
    transactions.work.subscriptions.claim_handshakes.assert_awaited_once()
