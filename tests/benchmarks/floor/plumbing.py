"""Outbox, inbox and queue of the floor: asyncpg and aiormq, nothing between."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiormq
import asyncpg
from pamqp.commands import Basic
from sqlalchemy.engine import make_url

RELAY_BATCH = 500
CONSUME_BATCH = 100
"""As many share one commit as in the product."""
PREFETCH = 600
EXCHANGE = "floor"

OUTBOX = """
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message_id text NOT NULL, key text NOT NULL,
                     body bytea NOT NULL)
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
        await asyncio.gather(*(self._one(*message) for message in messages))

    async def _one(self, message_id: str, key: str, body: bytes) -> None:
        await self._channel.basic_publish(
            body,
            exchange=self._exchange,
            routing_key=key,
            properties=Basic.Properties(delivery_mode=2, message_id=message_id),
            mandatory=True,
            wait=False,
        )


async def relay(connection: asyncpg.Connection, publisher: Publisher, woken: asyncio.Event) -> None:
    """Move the outbox to the broker for ever; a row is deleted when it is confirmed."""
    following = await connection.prepare("SELECT id, message_id, key, body FROM outbox ORDER BY id LIMIT $1")
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
        await connection.execute("DELETE FROM outbox WHERE id = ANY($1)", [row["id"] for row in rows])


Apply = Callable[[Sequence[tuple[str, bytes]]], Awaitable[None]]
"""Commits inbox rows and effect of a batch of (message id, body)."""


async def consume(url: str, queue: str, apply: Apply) -> None:
    """Consume for ever in batches that share one commit; acknowledged after it."""
    connection = await aiormq.connect(url)
    channel = await connection.channel(publisher_confirms=False)
    await declare(channel, queue)
    await channel.basic_qos(prefetch_count=PREFETCH)
    await consume_on(channel, queue, apply)


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
