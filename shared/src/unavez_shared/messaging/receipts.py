"""Receipts: a hearer tells each producer which of its messages are settled, several times a second, in few frames.

They are hints. One that is lost costs a repetition the inbox drops (`messaging.awaited`), so they are neither
persistent nor confirmed. A receipt holds event ids and nothing else; they stand in clear on the messages themselves.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp.commands import Basic

from unavez_shared.contracts.events import CATALOGUE, consumed_by
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import Message, ReceiptHandler
from unavez_shared.messaging.topology import EXCHANGE, receipt_key
from unavez_shared.observability.log import logger

log = logger(__name__)

_LINGER_SECONDS = 0.25
"""What is settled meanwhile shares one receipt."""
_IDS_IN_A_RECEIPT = 1_000
_SEND_SECONDS = 5
_CLOSE_SECONDS = 1
_PRODUCERS = {event.name: event.producer for event in CATALOGUE.values()}


class ReceiptBook:
    """Collects what one hearer has settled and sends it, on whatever channel there is."""

    def __init__(self, hearer: Service, channel: Callable[[], AbstractChannel | None]) -> None:
        self._hearer = hearer
        self._channel = channel
        self._settled: dict[Service, list[str]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None

    def note(self, messages: Sequence[Message]) -> None:
        """These are settled here: applied, parked or dead-lettered, now or before."""
        for message in messages:
            for producer in self._producers_of(message):
                self._settled[producer].append(message.message_id)
        if self._settled and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._send_soon(), name=f"{self._hearer.value}:receipts")

    async def close(self) -> None:
        """Send what was noted last, if that takes no longer than a second."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=_CLOSE_SECONDS)
            self._task.cancel()

    def _producers_of(self, message: Message) -> Iterable[Service]:
        """Return who may have said it: what an operator moved from queue to queue lost its key on the way."""
        known = _PRODUCERS.get(message.routing_key)
        return [known] if known else {event.producer for event in consumed_by(self._hearer)}

    async def _send_soon(self) -> None:
        while self._settled:
            await asyncio.sleep(_LINGER_SECONDS)
            channel = self._channel()
            if channel is None or channel.is_closed:
                continue  # the link is being rebuilt
            settled, self._settled = self._settled, defaultdict(list)
            try:
                async with asyncio.timeout(_SEND_SECONDS):
                    await self._send(channel, settled)
            except Exception as error:  # noqa: BLE001  (a lost receipt costs a repetition)
                log.info("receipts_lost", service=self._hearer.value, error=type(error).__name__)

    async def _send(self, channel: AbstractChannel, settled: dict[Service, list[str]]) -> None:
        for producer, ids in settled.items():
            for first in range(0, len(ids), _IDS_IN_A_RECEIPT):
                await channel.basic_publish(
                    "\n".join(ids[first : first + _IDS_IN_A_RECEIPT]).encode(),
                    exchange=EXCHANGE,
                    routing_key=receipt_key(producer, self._hearer),
                    properties=Basic.Properties(content_type="text/plain", delivery_mode=1),
                )


async def hear(channel: AbstractChannel, queue: str, apply: ReceiptHandler, on_lost: Callable[[], None]) -> None:
    """Consume a producer's receipts on this channel. `on_lost` is called when the broker ends that."""

    async def deliver(message: DeliveredMessage) -> None:
        # Who the hearer is says the routing key, and the broker says who may write it (`topology.permissions`).
        hearer = (message.routing_key or "").rpartition(".")[2]
        try:
            await apply(Service(hearer), _ids_of(message.body))
        except Exception as error:  # noqa: BLE001  (a lost receipt costs a repetition)
            log.info("receipt_dropped", error=type(error).__name__)

    def cancelled(_: Basic.Cancel) -> None:
        on_lost()

    channel.on_consumer_cancel_callbacks.add(cancelled)
    await channel.basic_consume(queue, deliver, no_ack=True)


def _ids_of(receipt: bytes) -> list[str]:
    """Return its ids but for what can be none: a hearer settles what anybody sent it, and says so beside the others."""
    lines = receipt.decode("utf-8", errors="replace").split("\n")
    return [line for line in lines if line.isascii() and line.isprintable()]
