"""The bus of the one-process composition: "confirmed" means that every subscribed consumer has committed.

Nothing is durable here, and nothing needs to be: an outbox row is deleted only after every consumer has settled the
message, so whatever a crash takes is still in the producer's outbox.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from unavez_shared.contracts.events import CATALOGUE
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import BatchHandler, Message, Outcome, ReceiptHandler
from unavez_shared.messaging.microbatch import MicroBatcher
from unavez_shared.observability.log import logger

log = logger(__name__)

_CONFIRM_SECONDS = 2.0
"""How long `publish` waits for a consumer that is down before the relay hears "not yet"."""
_QUEUE_LIMIT = 5_000
_DEAD_LETTERS_KEPT = 1_000

_HEARERS = {event.name: event.consumers for event in CATALOGUE.values()}


@dataclass(frozen=True, slots=True, eq=False)
class _Delivery:
    message: Message
    settled: asyncio.Future[bool]


class _Queue:
    """What one service has still to settle, in order; it exists whether or not the service consumes right now."""

    def __init__(self, service: Service, dead_letters: deque[tuple[Service, Message]]) -> None:
        self._service = service
        self._dead_letters = dead_letters
        self._pending: dict[str, _Delivery] = {}
        self._batcher: MicroBatcher[_Delivery] | None = None
        self._is_stopped = False

    @property
    def is_consuming(self) -> bool:
        return self._batcher is not None and not self._batcher.ended

    @property
    def waiting(self) -> int:
        return len(self._pending)

    def put(self, message: Message) -> asyncio.Future[bool] | None:
        """Enqueue, or find again what a retried row had enqueued before; None when stopped or full.

        Before the consumer's first start messages gather here, so that they reach it in order.
        """
        known = self._pending.get(message.message_id)
        if known is not None:
            return known.settled
        if self._is_stopped or len(self._pending) >= _QUEUE_LIMIT:
            return None
        delivery = _Delivery(message, asyncio.get_running_loop().create_future())
        self._pending[message.message_id] = delivery
        if self._batcher is not None:
            self._batcher.put(delivery)
        return delivery.settled

    def consume(self, handler: BatchHandler) -> None:
        if self._batcher is not None:
            raise RuntimeError("this service consumes already")
        self._is_stopped = False
        self._batcher = MicroBatcher(self._service, handler, lambda delivery: delivery.message, self._settle)
        for delivery in self._pending.values():
            self._batcher.put(delivery)
        self._batcher.start()

    async def stop(self) -> None:
        self._is_stopped = True
        batcher, self._batcher = self._batcher, None
        if batcher is not None:
            await batcher.stop()
        # Whatever is left goes back to its outbox: unconfirmed, and enqueued again by the next pass of the relay.
        for delivery in self._pending.values():
            if not delivery.settled.done():
                delivery.settled.set_result(False)
        self._pending.clear()

    async def _settle(self, batch: Sequence[_Delivery], outcomes: Sequence[Outcome]) -> None:
        for delivery, outcome in zip(batch, outcomes, strict=True):
            if outcome is Outcome.UNDECODABLE:
                log.error("message_dead_lettered", consumer=self._service.value, message_id=delivery.message.message_id)
                self._dead_letters.append((self._service, delivery.message))
            self._pending.pop(delivery.message.message_id, None)
            if not delivery.settled.done():
                delivery.settled.set_result(True)


class EmbeddedBus:
    """The hub: one for the process; each service gets its own `Bus` from `connect`."""

    def __init__(self) -> None:
        self.dead_letters: deque[tuple[Service, Message]] = deque(maxlen=_DEAD_LETTERS_KEPT)
        """What was not an event at all: the last thousand."""
        self._queues: dict[Service, _Queue] = {}

    def connect(self, service: Service) -> ConnectedBus:
        """Return this service's end of the bus."""
        return ConnectedBus(self, service)

    def queue(self, service: Service) -> _Queue:
        """Return the queue of a consumer."""
        if service not in self._queues:
            self._queues[service] = _Queue(service, self.dead_letters)
        return self._queues[service]

    async def publish(self, messages: Sequence[Message]) -> Sequence[bool]:
        """Hand every message to every service the catalogue names; wait, bounded, until they have settled it."""
        waits = [self._enqueue(message) for message in messages]
        unsettled = {future for futures in waits for future in futures or () if not future.done()}
        if unsettled:
            await asyncio.wait(unsettled, timeout=_CONFIRM_SECONDS)
        return [
            futures is not None and all(future.done() and future.result() for future in futures) for futures in waits
        ]

    def _enqueue(self, message: Message) -> list[asyncio.Future[bool]] | None:
        hearers = _HEARERS.get(message.routing_key)
        if not hearers:
            log.error("message_unroutable", routing_key=message.routing_key, message_id=message.message_id)
            return None
        futures = [self.queue(service).put(message) for service in sorted(hearers)]
        accepted = [future for future in futures if future is not None]
        return accepted if len(accepted) == len(futures) else None


class ConnectedBus:
    """One service's `Bus` on the hub."""

    def __init__(self, hub: EmbeddedBus, service: Service) -> None:
        self._hub = hub
        self._service = service
        self._consuming: set[Service] = set()

    @property
    def confirms_effects(self) -> bool:
        """What this bus confirms is applied."""
        return True

    async def start(self) -> None:
        """Nothing to connect to: the hub is this process."""

    async def publish(self, messages: Sequence[Message]) -> Sequence[bool]:
        """Publish in order; one flag a message: True = settled by every consumer."""
        return await self._hub.publish(messages)

    async def consume(self, service: Service, routing_keys: frozenset[str], handler: BatchHandler) -> None:
        """Start consuming. Raises `ValueError` when the keys are not the catalogue's."""
        expected = {name for name, hearers in _HEARERS.items() if service in hearers}
        if routing_keys != expected:
            raise ValueError("a service handles exactly the events the catalogue gives it")
        self._hub.queue(service).consume(handler)
        self._consuming.add(service)

    async def stop_consuming(self, service: Service) -> None:
        """Settle the batch in hand; the rest goes back to its outboxes."""
        if service in self._consuming:
            self._consuming.discard(service)
            await self._hub.queue(service).stop()

    async def hear_receipts(self, apply: ReceiptHandler) -> None:
        """There are none: the confirm was the receipt."""

    async def count_waiting(self, hearer: Service) -> int | None:
        """Return how many messages a hearer has not settled."""
        return self._hub.queue(hearer).waiting

    async def close(self) -> None:
        """Stop what this service consumes. Idempotent."""
        for service in list(self._consuming):
            await self.stop_consuming(service)

    def is_ready(self) -> bool:
        """Tell whether every started consumer runs."""
        return all(self._hub.queue(service).is_consuming for service in self._consuming)
