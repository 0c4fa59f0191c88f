"""The bus on RabbitMQ: one connection to publish, one to consume, each rebuilt from nothing when anything is wrong.

It speaks through aiormq, the protocol layer of aio-pika: pipelined confirms and acknowledgements of many messages at
once need frames, not objects. Nothing recovers piecemeal: a lost connection, channel or consumer, a deleted queue or a
publish without an answer all mean "close, wait a second, connect, declare, go on".
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import cast

from aiormq import Connection
from aiormq.abc import AbstractChannel
from aiormq.channel import Channel
from aiormq.exceptions import PublishError
from pamqp.commands import Basic

from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import BatchHandler, Message, ReceiptHandler
from unavez_shared.messaging.rabbit_consumer import RabbitConsumer
from unavez_shared.messaging.rabbit_link import Link
from unavez_shared.messaging.rabbit_publish import Answer, forget, publish_batch
from unavez_shared.messaging.receipts import ReceiptBook, hear
from unavez_shared.messaging.topology import (
    EXCHANGE,
    consumers_of,
    count_messages,
    declare,
    receipts_name,
    repair,
    routing_keys_of,
)
from unavez_shared.observability.log import logger

log = logger(__name__)

_PUBLISH_SECONDS = 10
"""For a whole batch: confirms that take longer will not come, or not on this connection."""
_START_SECONDS = 60


class RabbitBus:
    """One service's `Bus` on RabbitMQ."""

    def __init__(self, url: str, service: Service) -> None:
        self._url = url
        self._service = service
        self._channel: Channel | None = None
        self._link = Link(url, service, "publish", self._open_publisher)
        self._consumers: dict[Service, RabbitConsumer] = {}
        self._connection: Connection | None = None
        self._receipts_channel: AbstractChannel | None = None
        self._on_receipt: ReceiptHandler | None = None
        self._unreachable: set[Service] = set()
        """Consumers whose messages came back since the last look: their bindings may be gone."""
        self._settled = ReceiptBook(service, lambda: self._receipts_channel)

    @property
    def confirms_effects(self) -> bool:
        """What the broker confirms is on its disk and no further."""
        return False

    async def start(self) -> None:
        """Connect and declare the topology; keep trying for a minute.

        Raises `StartupError` when the broker does not answer or lets nobody in by then.
        """
        self._link.start()
        await self._link.wait_until_up(_START_SECONDS)

    async def publish(self, messages: Sequence[Message]) -> Sequence[bool]:
        """Publish in order, as one write; one flag a message: True = the broker has it on disk. Never raises for it."""
        channel = self._channel
        if channel is None or channel.is_closed or not messages:
            return [False] * len(messages)
        # One publish for each hearer: the event is safe when every one of them has it.
        copies = [(message, key) for message in messages for key in routing_keys_of(message.routing_key)]
        confirmed = iter(await self._publish(channel, copies))
        return [all(list(islice(confirmed, len(routing_keys_of(message.routing_key))))) for message in messages]

    async def _publish(self, channel: Channel, copies: Sequence[tuple[Message, str]]) -> Sequence[bool]:
        try:
            async with asyncio.timeout(_PUBLISH_SECONDS):
                answers = await publish_batch(channel, EXCHANGE, copies)
        except Exception:  # noqa: BLE001  (the transport is gone; the rows stay in the outbox)
            return [False] * len(copies)
        # Whatever is still open when the channel closes will not be answered: its closing has to be watched.
        closing = asyncio.ensure_future(channel.closing)
        everything = asyncio.ensure_future(asyncio.wait(answers))
        try:
            await asyncio.wait([everything, closing], timeout=_PUBLISH_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            everything.cancel()
            closing.cancel()
            forget(channel, copies)
        if unanswered := sum(answer.cancel() for answer in answers):
            log.warning("publish_unanswered", service=self._service.value, messages=unanswered)
            if not channel.is_closed:
                self._link.rebuild()
        return [self._is_confirmed(answer, *copy) for answer, copy in zip(answers, copies, strict=True)]

    def _is_confirmed(self, answer: Answer, message: Message, routing_key: str) -> bool:
        if answer.cancelled():
            return False
        error = answer.exception()
        if isinstance(error, PublishError):
            log.error("message_unroutable", routing_key=routing_key, message_id=message.message_id)
            # The driver knows which message came back, not which of its copies.
            self._unreachable.update(consumers_of(message.routing_key))
            self._link.check_soon()
        return error is None and isinstance(answer.result(), Basic.Ack)

    async def consume(self, service: Service, routing_keys: frozenset[str], handler: BatchHandler) -> None:
        """Consume this service's queue; its bindings are the catalogue's, whatever `routing_keys` says less.

        Raises `ValueError` when the keys are not the catalogue's.
        """
        consumer = RabbitConsumer(self._url, service, routing_keys, handler, self._settled.note)
        self._consumers[service] = consumer
        await consumer.start()

    async def stop_consuming(self, service: Service) -> None:
        """Cancel, settle the batch in hand, give the rest back. Nothing is dead-lettered."""
        consumer = self._consumers.pop(service, None)
        if consumer is not None:
            await consumer.stop()

    async def hear_receipts(self, apply: ReceiptHandler) -> None:
        """Hear them on this connection and on all that follow."""
        self._on_receipt = apply
        if self._receipts_channel is not None and not self._receipts_channel.is_closed:
            await self._hear(self._receipts_channel, apply)

    async def count_waiting(self, hearer: Service) -> int | None:
        """Ask the broker how many messages nobody has taken yet; None when there is no queue, or no broker."""
        if self._connection is None or not self._link.is_up:
            return None
        try:
            return await count_messages(self._connection, hearer)
        except Exception as error:  # noqa: BLE001  (whatever it was, the answer is "not known")
            log.info("queue_not_counted", hearer=hearer.value, error=type(error).__name__)
            return None

    async def close(self) -> None:
        """Close both connections. Idempotent."""
        for service in list(self._consumers):
            await self.stop_consuming(service)
        await self._settled.close()
        await self._link.stop()

    def is_ready(self) -> bool:
        """Tell whether publishing and every started consumer work right now."""
        return self._link.is_up and all(consumer.is_up for consumer in self._consumers.values())

    async def _open_publisher(self, connection: Connection) -> None:
        await declare(connection, self._service)
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True, timeout=_PUBLISH_SECONDS)
        self._receipts_channel = await connection.channel(publisher_confirms=False, timeout=_PUBLISH_SECONDS)
        if self._on_receipt is not None:
            await self._hear(self._receipts_channel, self._on_receipt)
        self._connection = connection
        self._channel = cast("Channel", channel)
        self._link.watch(channel, partial(self._repair, connection))

    async def _repair(self, connection: Connection) -> None:
        unreachable, self._unreachable = self._unreachable, set()
        await repair(connection, self._service, unreachable)

    async def _hear(self, channel: AbstractChannel, apply: ReceiptHandler) -> None:
        try:
            await hear(channel, receipts_name(self._service), apply, self._link.rebuild)
        except Exception as error:  # noqa: BLE001  (without receipts everything would be said twice)
            log.warning("receipts_not_heard", service=self._service.value, error=type(error).__name__)
            self._link.rebuild()
