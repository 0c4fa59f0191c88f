"""The port between the ledger (PostgreSQL) and the transport (RabbitMQ, or this process).

Two implementations, one behaviour suite: `rabbit.RabbitBus` and `embedded.EmbeddedBus`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from unavez_shared.contracts.services import Service


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes on the bus: a structured CloudEvent whose `data` is sealed."""

    message_id: str
    routing_key: str
    body: bytes


class Outcome(Enum):
    """What became of one message of a batch."""

    DONE = "done"
    """Its effect, or its parked row, is committed: acknowledge it."""
    UNDECODABLE = "undecodable"
    """Not an event at all: to the dead-letter queue."""


BatchHandler = Callable[[Sequence[Message]], Awaitable[Sequence[Outcome]]]
"""Handles a micro-batch in order. Returns one outcome a message, all of them committed. Raises when a dependency
(the database) is down: the bus then pauses this consumer and presents the same messages again."""

ReceiptHandler = Callable[[Service, Sequence[str]], Awaitable[None]]
"""Hears that a service has settled the messages with these ids."""


class Bus(Protocol):
    """Publish with confirmation, consume in order, one active consumer per service."""

    @property
    def confirms_effects(self) -> bool:
        """True: "confirmed" means that every hearer has committed. False: receipts tell later who has."""
        ...

    async def start(self) -> None:
        """Connect and declare the topology. Returns when the bus can publish."""
        ...

    async def publish(self, messages: Sequence[Message]) -> Sequence[bool]:
        """Publish a batch, pipelined; one flag a message: True = confirmed (durable, or applied by every consumer).

        Never raises for a broker that is away: the flags are False and the relay tries again.
        """
        ...

    async def consume(self, service: Service, routing_keys: frozenset[str], handler: BatchHandler) -> None:
        """Start consuming this service's queue in micro-batches (at most 100 messages or 3 ms)."""
        ...

    async def stop_consuming(self, service: Service) -> None:
        """Stop taking messages; wait until those in hand are settled. What was not started is requeued."""
        ...

    async def hear_receipts(self, apply: ReceiptHandler) -> None:
        """Call `apply` when a hearer says what it has settled of what this service published. Some may get lost."""
        ...

    async def count_waiting(self, hearer: Service) -> int | None:
        """Return how many messages wait for a hearer to take them; None when that cannot be known now."""
        ...

    async def close(self) -> None:
        """Close connections. Idempotent."""
        ...

    def is_ready(self) -> bool:
        """Tell whether publishing and every started consumer work right now."""
        ...
