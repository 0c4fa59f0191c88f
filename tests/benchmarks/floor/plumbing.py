"""Outbox, inbox, receipts and queue of the floor: asyncpg and aiormq, nothing between.

A row leaves the outbox when its hearer has committed it, as in the product (ADR 17), and a batch is one write to the
broker by the product's own function: aiormq's way of publishing is not the least there is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiormq
import asyncpg
from sqlalchemy.engine import make_url

from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.rabbit_publish import forget, publish_batch

RELAY_BATCH = 500
CONSUME_BATCH = 100
"""As many share one commit as in the product."""
PREFETCH = 600
EXCHANGE = "floor"

_OVERDUE_SECONDS = 10
_LOOK_SECONDS = 2
_LINGER_SECONDS = 0.25

OUTBOX = """
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message_id text NOT NULL, key text NOT NULL,
                     body bytea NOT NULL, sent_at timestamptz);
CREATE INDEX ON outbox (id) WHERE sent_at IS NULL;
CREATE INDEX ON outbox (message_id);
"""
INBOX = "CREATE TABLE inbox (message_id text PRIMARY KEY)"


async def connect(server_url: str, database: str) -> asyncpg.Connection:
    url = make_url(server_url)
    return await asyncpg.connect(host=url.query["host"], user=url.username, password=url.password, database=database)


async def pool(server_url: str, database: str) -> asyncpg.Pool:
    url = make_url(server_url)
    return await asyncpg.create_pool(
        host=url.query["host"],
        user=url.username,
        password=url.password,
        database=database,
        min_size=10,
        max_size=20,
    )


async def create_database(server_url: str, database: str, *tables: str) -> None:
    admin = await connect(server_url, "postgres")
    await admin.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
    await admin.execute(f'CREATE DATABASE "{database}"')
    await admin.close()
    connection = await connect(server_url, database)
    for table in tables:
        await connection.execute(table)
    await connection.close()


async def declare(channel: Any, queue: str) -> None:
    await channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
    await channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    await channel.queue_bind(queue, EXCHANGE, queue)


class Publisher:
    """Publishes with confirmations, pipelined."""

    def __init__(self, channel: Any, exchange: str) -> None:
        self._channel = channel
        self._exchange = exchange

    @classmethod
    async def open(cls, url: str, queue: str) -> Publisher:
        connection = await aiormq.connect(url)
        channel = await connection.channel(publisher_confirms=True)
        await declare(channel, queue)
        return cls(channel, EXCHANGE)

    @classmethod
    def on(cls, channel: Any, exchange: str) -> Publisher:
        return cls(channel, exchange)

    async def publish(self, messages: Sequence[tuple[str, str, bytes]]) -> None:
        """Return when every (message id, routing key, body) is confirmed. Raises otherwise."""
        copies = [(Message(message_id, key, body), key) for message_id, key, body in messages]
        await asyncio.gather(*await publish_batch(self._channel, self._exchange, copies))
        forget(self._channel, copies)


async def relay(connection: asyncpg.Connection, publisher: Publisher, woken: asyncio.Event) -> None:
    """Move the outbox to the broker for ever; a row that is confirmed waits for its receipt."""
    following = await connection.prepare(
        "SELECT id, message_id, key, body FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT $1"
    )
    while True:
        woken.clear()
        rows = await following.fetch(RELAY_BATCH)
        if not rows:
            try:
                async with asyncio.timeout(0.1):
                    await woken.wait()
            except TimeoutError:
                pass
            continue
        await publisher.publish([(row["message_id"], row["key"], row["body"]) for row in rows])
        await connection.execute("UPDATE outbox SET sent_at = now() WHERE id = ANY($1)", [row["id"] for row in rows])


async def hear_receipts(connection: asyncpg.Connection, url: str, queue: str) -> None:
    """Delete for ever what the hearer of `queue` has committed; say again what got lost on the way."""
    broker = await aiormq.connect(url)
    channel = await broker.channel(publisher_confirms=False)
    await declare(channel, queue)
    receipts: asyncio.Queue[bytes] = asyncio.Queue()

    async def take(message: Any) -> None:
        receipts.put_nowait(message.body)

    await channel.queue_declare(_receipts_of(queue), auto_delete=True)
    await channel.basic_consume(_receipts_of(queue), take, no_ack=True)

    async def look() -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if (await channel.queue_declare(queue, passive=True)).message_count == 0:
                receipts.put_nowait(b"")

    async with asyncio.TaskGroup() as group:
        group.create_task(look())
        while True:
            receipt = await receipts.get()
            if receipt:
                await connection.execute("DELETE FROM outbox WHERE message_id = ANY($1)", receipt.decode().split())
            else:
                await connection.execute(
                    "UPDATE outbox SET sent_at = NULL WHERE sent_at < now() - make_interval(secs => $1)",
                    float(_OVERDUE_SECONDS),
                )


def _receipts_of(queue: str) -> str:
    return f"{queue}.receipts"


Apply = Callable[[Sequence[tuple[str, bytes]]], Awaitable[None]]
"""Commits inbox rows and effect of a batch of (message id, body)."""


async def consume(url: str, queue: str, apply: Apply) -> None:
    """Consume for ever in batches that share one commit; acknowledged after it."""
    connection = await aiormq.connect(url)
    channel = await connection.channel(publisher_confirms=False)
    await declare(channel, queue)
    await channel.basic_qos(prefetch_count=PREFETCH)
    settled: list[str] = []

    async def apply_and_note(batch: Sequence[tuple[str, bytes]]) -> None:
        await apply(batch)
        settled.extend(message_id for message_id, _ in batch)

    async def send_receipts() -> None:
        while True:
            await asyncio.sleep(_LINGER_SECONDS)
            if settled:
                receipt = "\n".join(settled).encode()
                settled.clear()
                await channel.basic_publish(receipt, routing_key=_receipts_of(queue))

    async with asyncio.TaskGroup() as group:
        group.create_task(send_receipts())
        group.create_task(consume_on(channel, queue, apply_and_note))


async def consume_on(channel: Any, queue: str, apply: Apply) -> None:
    waiting: deque[Any] = deque()
    arrived = asyncio.Event()

    async def take(message: Any) -> None:
        waiting.append(message)
        arrived.set()

    await channel.basic_consume(queue, take)
    while True:
        if not waiting:
            arrived.clear()
            await arrived.wait()
        await asyncio.sleep(0)  # what the same read brought belongs together
        batch = [waiting.popleft() for _ in range(min(CONSUME_BATCH, len(waiting)))]
        await apply([(message.header.properties.message_id, message.body) for message in batch])
        await channel.basic_ack(batch[-1].delivery_tag, multiple=True, wait=False)
