"""Draining an outbox that filled while the broker was away, against publishing the same bytes as fast as confirmed."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import aiormq

from benchmarks.floor import plumbing
from benchmarks.runs.events import case_registered
from benchmarks.stage import Stage
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.rabbit import RabbitBus
from unavez_shared.messaging.relay import Relay
from unavez_shared.messaging.topology import EXCHANGE, routing_keys_of
from unavez_shared.persistence.database import Database, create_engine
from unavez_shared.testing.messaging import PlainCodec, create_database

_BATCH = 250
_WINDOW = 500
"""Unconfirmed messages: more make a quorum queue of 3.10 slower."""

_FILL = """
INSERT INTO outbox (message_id, routing_key, body)
SELECT $1 || lpad(to_hex(n), 12, '0'), $2, $3 FROM generate_series(1, $4) AS n
"""
_IDS = "019ac0de-0000-7000-8000-"
"""Ascending, as those of true events are."""
_WAITS = "SELECT EXISTS (SELECT FROM outbox WHERE id = $1 AND sent_at IS NULL)"


async def drained(stage: Stage, rows: int) -> float:
    """Return how many rows a second the relay moves from a full outbox to the broker, marking them."""
    name, amqp_url = f"bench_relay_{uuid4().hex[:8]}", await stage.new_vhost()
    await create_database(stage.postgres.url, name)
    database = Database(create_engine(stage.postgres.url, name), encoder=PlainCodec(), clock=SystemClock())
    bus = RabbitBus(amqp_url, Service.INTAKE)
    await bus.start()
    message = case_registered(stage)
    filling = await plumbing.connect(stage.postgres.url, name)
    await filling.execute(_FILL, _IDS, message.routing_key, message.body, rows)
    relay, stopping = Relay(database.engine, bus, Service.INTAKE), asyncio.Event()
    # By its key: looking for any row at all would read past everything deleted so far, and cost more than the relay.
    last = await filling.fetchval("SELECT max(id) FROM outbox")
    begun = time.monotonic()
    running = asyncio.create_task(relay.run(stopping))
    while await filling.fetchval(_WAITS, last):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    seconds = time.monotonic() - begun
    stopping.set()
    await running
    await relay.close()
    await filling.close()
    await bus.close()
    await database.close()
    await stage.forget_messages(amqp_url)
    return rows / seconds


async def published(stage: Stage, rows: int) -> float:
    """Return how many messages a second are confirmed when nothing but publishing is done."""
    amqp_url = await stage.new_vhost()
    bus = RabbitBus(amqp_url, Service.INTAKE)
    await bus.start()  # declares what is published to
    await bus.close()
    message = case_registered(stage)
    (key,) = routing_keys_of(message.routing_key)  # one hearer, so a row is one message on both sides
    connection = await aiormq.connect(amqp_url)
    publisher = plumbing.Publisher.on(await connection.channel(publisher_confirms=True), EXCHANGE)
    begun = time.monotonic()
    in_flight: list[asyncio.Task[None]] = []
    for first in range(0, rows, _BATCH):
        count = min(_BATCH, rows - first)
        batch = [(str(uuid4()), key, message.body) for _ in range(count)]
        in_flight.append(asyncio.create_task(publisher.publish(batch)))
        if len(in_flight) * _BATCH >= _WINDOW:
            await in_flight.pop(0)
    await asyncio.gather(*in_flight)
    seconds = time.monotonic() - begun
    await connection.close()
    await stage.forget_messages(amqp_url)
    return rows / seconds
