"""What the gauges say about outbox, parked messages and audit, against a real database."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.clock import SystemClock
from unavez_shared.contracts.services import Service
from unavez_shared.observability.metrics import REGISTRY
from unavez_shared.observability.watch import Watch
from unavez_shared.persistence.database import Database, create_engine
from unavez_shared.persistence.tables import audit, audit_seals, outbox, parked


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


class FakeBus:
    def is_ready(self) -> bool:
        return True


class FakeRelay:
    is_active = True


def watch(engine: AsyncEngine) -> Watch:
    database = Database(engine, encoder=cast("Any", None), clock=SystemClock())
    return Watch(Service.DIRECTORY, database, cast("Any", FakeBus()), cast("Any", FakeRelay()), demo=True)


def shown(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(f"unavez_{name}", {"service": "directory", **labels})
    assert value is not None
    return value


def message_id(seconds_ago: float) -> str:
    """Return a UUIDv7 that was made so long ago."""
    milliseconds = int((time.time() - seconds_ago) * 1000)
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62 | 0x5A5A))


def parked_row(key: str, reason: str, seconds_ago: float, *, retried: bool = True) -> dict[str, Any]:
    return {
        "event_id": key,
        "routing_key": "case.registered.v1",
        "subject": "",
        "sequence": 0,
        "body": b"",
        "reason": reason,
        "attempts": 1,
        "next_attempt_at": ago(0) if retried else None,
        "parked_at": ago(seconds_ago),
    }


def audit_row(seconds_ago: float) -> dict[str, Any]:
    return {"at": ago(seconds_ago), "action": "tested", "detail": {}}


def seal(number: int, row_ids: list[int], low: int, seconds_ago: float) -> dict[str, Any]:
    sealed_at = ago(seconds_ago)
    return {"number": number, "sealed_at": sealed_at, "row_ids": row_ids, "low": low, "previous": b"", "mac": b""}


async def test_where_nothing_waits_everything_is_zero(engine: AsyncEngine) -> None:
    await watch(engine).look()
    for name in ("outbox_rows", "outbox_oldest_age_seconds", "parked_oldest_age_seconds", "parked_for_operator"):
        assert shown(name) == 0
    assert shown("audit_unsealed_rows") == shown("audit_oldest_unsealed_age_seconds") == 0
    assert shown("database_up") == shown("bus_up") == shown("relay_active") == 1
    assert shown("gauges_timestamp_seconds") == pytest.approx(time.time(), abs=30)


async def test_what_waits_is_counted_and_its_oldest_has_an_age(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        rows = [{"message_id": message_id(age), "routing_key": "x", "body": b""} for age in (120, 5, 1)]
        await connection.execute(insert(outbox), rows)
        sent = {"message_id": message_id(500), "routing_key": "x", "body": b"", "sent_at": ago(490), "awaits": ["y"]}
        await connection.execute(insert(outbox), sent)
        await connection.execute(
            insert(parked),
            [
                parked_row("a", "bad_signature", 30, retried=False),
                parked_row("b", "KeyError", 900),
                parked_row("c", "IntegrityError", 60),
            ],
        )
    await watch(engine).look()
    assert (shown("outbox_rows"), shown("outbox_awaited_rows")) == (3, 1)
    assert shown("outbox_oldest_age_seconds") == pytest.approx(120, abs=30)
    assert shown("outbox_awaited_oldest_age_seconds") == pytest.approx(500, abs=30)
    assert shown("parked_messages", reason="bad_signature") == 1
    assert shown("parked_messages", reason="handler_failed") == 2
    assert shown("parked_messages", reason="wrong_version") == 0
    assert shown("parked_oldest_age_seconds") == pytest.approx(900, abs=30)
    assert shown("parked_for_operator") == 1


async def test_audit_rows_above_the_seals_are_unsealed_even_when_the_newest_seal_held_a_late_one(
    engine: AsyncEngine,
) -> None:
    async with engine.begin() as connection:
        await connection.execute(insert(audit), [audit_row(age) for age in (400, 300, 200, 100, 90)])
        # 2 came late, in a seal of its own; 3 never comes.
        await connection.execute(insert(audit_seals), [seal(1, [1, 4], 1, 50), seal(2, [2], 2, 40)])
    await watch(engine).look()
    assert shown("audit_unsealed_rows") == 1
    assert shown("audit_oldest_unsealed_age_seconds") == pytest.approx(90, abs=30)
    assert shown("audit_last_seal_age_seconds") == pytest.approx(40, abs=30)


async def test_a_database_that_is_away_is_said_and_its_numbers_are_gone(engine: AsyncEngine) -> None:
    await watch(engine).look()
    assert shown("outbox_rows") == 0
    away = create_engine("postgresql://nobody@127.0.0.1:1", "none")
    await watch(away).look()
    await away.dispose()
    assert shown("database_up") == 0
    assert math.isnan(shown("outbox_rows"))
    assert math.isnan(shown("audit_oldest_unsealed_age_seconds"))
    assert shown("database_pool_limit") == 20
