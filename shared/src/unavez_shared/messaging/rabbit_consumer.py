"""One service's consumer on RabbitMQ: prefetch, micro-batches, acknowledgement of many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiormq import Connection
from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp.commands import Basic

from unavez_shared.contracts.events import consumed_by
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import BatchHandler, Message, Outcome
from unavez_shared.messaging.microbatch import LIMIT, MicroBatcher
from unavez_shared.messaging.rabbit_link import Link
from unavez_shared.messaging.topology import bind_consumer, count_consumers, declare_consumer, queue_name
from unavez_shared.observability.log import logger

log = logger(__name__)

_PREFETCH = 6 * LIMIT
"""Enough that the next batches are here while one is committed."""
_TIMEOUT_SECONDS = 10
_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class _Delivery:
    tag: int
    message: Message


class RabbitConsumer:
    """Consumes one queue, and builds everything anew when the broker takes any of it away."""

    def __init__(
        self,
        url: str,
        service: Service,
        routing_keys: frozenset[str],
        handler: BatchHandler,
        on_settled: Callable[[Sequence[Message]], None],
    ) -> None:
        if routing_keys != {event.name for event in consumed_by(service)}:
            raise ValueError("a service handles exactly the events the catalogue gives it")
        self._service = service
        self._handler = handler
        self._on_settled = on_settled
        self._link = Link(url, service, "consume", self._open)
        self._batcher: MicroBatcher[_Delivery] | None = None
        self._channel: AbstractChannel | None = None
        self._tag = ""

    async def start(self) -> None:
        """Connect and begin. Raises `TimeoutError` when the broker does not answer for a minute."""
        self._link.start()
        await self._link.wait_until_up(_START_SECONDS)

    @property
    def is_up(self) -> bool:
        """Tell whether messages reach the handler right now."""
        return self._link.is_up and self._batcher is not None and not self._batcher.ended

    async def stop(self) -> None:
        """Cancel, settle the batch in hand; closing the connection requeues the rest."""
        channel, batcher = self._channel, self._batcher
        if channel is not None and not channel.is_closed:
            try:
                await channel.basic_cancel(self._tag, timeout=_TIMEOUT_SECONDS)
            except Exception as error:  # noqa: BLE001  (the broker requeues what a lost consumer held)
                log.warning("cancel_failed", consumer=self._service.value, error=type(error).__name__)
        if batcher is not None:
            await batcher.stop()
        await self._link.stop()

    async def _open(self, connection: Connection) -> None:
        if self._batcher is not None:
            # Its deliveries belong to a channel that is gone; the broker presents them again.
            await self._batcher.stop()
        await declare_consumer(connection, self._service)
        channel = await connection.channel(publisher_confirms=False, timeout=_TIMEOUT_SECONDS)
        await channel.basic_qos(prefetch_count=_PREFETCH, timeout=_TIMEOUT_SECONDS)
        channel.on_consumer_cancel_callbacks.add(self._on_cancelled)

        async def settle(batch: Sequence[_Delivery], outcomes: Sequence[Outcome]) -> None:
            self._on_settled([delivery.message for delivery in batch])
            try:
                await _settle(channel, batch, outcomes)
            except Exception:
                self._link.rebuild()
                raise

        batcher = MicroBatcher(self._service, self._handler, _message_of, settle)
        batcher.start()
        self._batcher = batcher

        async def deliver(message: DeliveredMessage) -> None:
            # No await before `put`: deliveries are scheduled in order and stay in order.
            batcher.put(_delivery(message, self._service))

        consumed = await channel.basic_consume(queue_name(self._service), deliver, timeout=_TIMEOUT_SECONDS)
        self._tag = str(consumed.consumer_tag)
        self._channel = channel
        self._link.watch(channel, lambda: self._check(connection, batcher))

    async def _check(self, connection: Connection, batcher: MicroBatcher[_Delivery]) -> None:
        if batcher.ended:
            raise RuntimeError("the consumer's loop ended")
        if await count_consumers(connection, self._service) == 0:
            raise RuntimeError("nobody consumes the queue, so neither do we")
        await bind_consumer(connection, self._service)

    def _on_cancelled(self, _: Basic.Cancel) -> None:
        # The queue was deleted, or moved: the broker says so once and then nothing.
        log.error("consumer_cancelled", consumer=self._service.value)
        self._link.rebuild()


def _message_of(delivery: _Delivery) -> Message:
    return delivery.message


def _delivery(message: DeliveredMessage, hearer: Service) -> _Delivery:
    if message.delivery_tag is None:
        raise RuntimeError("a delivery without a tag")
    return _Delivery(
        message.delivery_tag,
        Message(
            message_id=message.header.properties.message_id or "",
            routing_key=(message.routing_key or "").removesuffix(f".{hearer.value}"),
            body=bytes(message.body),
        ),
    )


async def _settle(channel: AbstractChannel, batch: Sequence[_Delivery], outcomes: Sequence[Outcome]) -> None:
    """Acknowledge in as few frames as the outcomes allow. Batches are settled in order, so "up to this tag" is ours."""
    done_up_to: int | None = None
    for delivery, outcome in zip(batch, outcomes, strict=True):
        if outcome is Outcome.DONE:
            done_up_to = delivery.tag
            continue
        if done_up_to is not None:
            await channel.basic_ack(done_up_to, multiple=True, wait=False)
            done_up_to = None
        await channel.basic_nack(delivery.tag, requeue=False, wait=False)
    if done_up_to is not None:
        await channel.basic_ack(done_up_to, multiple=True, wait=False)
