"""Consuming a queue that filled while the consumer was away: opened, deduplicated, one row of effect each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import aiormq
import asyncpg
from sqlalchemy import insert

from benchmarks.floor import plumbing
from benchmarks.runs.events import case_registered, codec
from benchmarks.stage import Stage
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.events import consumed_by
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.event import Event
from unavez_shared.messaging.inbox import Inbox
from unavez_shared.messaging.rabbit import RabbitBus
from unavez_shared.messaging.topology import queue_name
from unavez_shared.persistence.database import Database, UnitOfWork, create_engine
from unavez_shared.testing.messaging import create_database, effects

_CHUNK = 500
_CONSUMER = Service.REFERRAL_ROUTER

_INBOX = "INSERT INTO inbox SELECT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING message_id"
_EFFECT = "INSERT INTO effects (subject, sequence) SELECT unnest($1::text[]), 1"
_EFFECTS = "CREATE TABLE effects (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, subject text, sequence bigint)"


class Messages:
    """So many different sealed events, made once for both sides."""

    def __init__(self, stage: Stage, count: int) -> None:
        speaker = codec(stage, Service.INTAKE)
        self.messages: list[Message] = [case_registered(stage, speaker) for _ in range(count)]

    async def put(self, amqp_url: str) -> None:
        bus = RabbitBus(amqp_url, Service.INTAKE)
        await bus.start()
        for first in range(0, len(self.messages), _CHUNK):
            if not all(await bus.publish(self.messages[first : first + _CHUNK])):
                raise RuntimeError("the broker did not confirm")
        await bus.close()


async def ours(stage: Stage, messages: Messages) -> float:
    """Return messages a second of one inbox with the true codec."""
    name, amqp_url = f"bench_inbox_{uuid4().hex[:8]}", await stage.new_vhost()
    await create_database(stage.postgres.url, name)
    await messages.put(amqp_url)
    ears = codec(stage, _CONSUMER)
    database = Database(create_engine(stage.postgres.url, name), encoder=ears, clock=SystemClock())
    bus = RabbitBus(amqp_url, _CONSUMER)
    await bus.start()

    async def effect(events: Sequence[Event[Any]], work: UnitOfWork) -> None:
        rows = [{"subject": event.subject, "sequence": event.sequence} for event in events]
        await work.execute(insert(effects), rows)

    inbox = Inbox(_CONSUMER, database, ears, dict.fromkeys(consumed_by(_CONSUMER), effect))
    watching = await plumbing.connect(stage.postgres.url, name)
    begun = time.monotonic()
    await inbox.start(bus)
    seconds = await _all_applied(watching, len(messages.messages)) - begun
    await bus.stop_consuming(_CONSUMER)
    await bus.close()
    await database.close()
    await watching.close()
    await stage.forget_messages(amqp_url)
    return len(messages.messages) / seconds


async def floor(stage: Stage, messages: Messages) -> float:
    """Return messages a second of the least consumer."""
    name, amqp_url = f"floor_inbox_{uuid4().hex[:8]}", await stage.new_vhost()
    await plumbing.create_database(stage.postgres.url, name, plumbing.INBOX, _EFFECTS)
    await messages.put(amqp_url)
    working, watching = [await plumbing.connect(stage.postgres.url, name) for _ in range(2)]

    async def apply(batch: Sequence[tuple[str, bytes]]) -> None:
        async with working.transaction():
            new = [row["message_id"] for row in await working.fetch(_INBOX, [one for one, _ in batch])]
            await working.execute(_EFFECT, new)

    connection = await aiormq.connect(amqp_url)
    channel = await connection.channel(publisher_confirms=False)
    await channel.basic_qos(prefetch_count=plumbing.PREFETCH)
    begun = time.monotonic()
    consuming = asyncio.create_task(plumbing.consume_on(channel, queue_name(_CONSUMER), apply))
    seconds = await _all_applied(watching, len(messages.messages)) - begun
    consuming.cancel()
    await asyncio.gather(consuming, return_exceptions=True)
    for database in (working, watching):
        await database.close()
    await connection.close()
    await stage.forget_messages(amqp_url)
    return len(messages.messages) / seconds


async def _all_applied(connection: asyncpg.Connection, count: int) -> float:
    # The newest id: counting rows would take from what is measured.
    while (await connection.fetchval("SELECT max(id) FROM effects") or 0) < count:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return time.monotonic()
