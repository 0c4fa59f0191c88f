"""What a channel is: one way out for the events of a feed. Which there are: `registry.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal, Protocol
from uuid import UUID

from unavez_notifier.settings import Settings


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event on its way to one subscription."""

    event_id: UUID
    body: bytes
    """The bytes as they stand in the feed, the same at every attempt."""
    address: str
    keys: Sequence[bytes]
    """Signing secrets, in clear: two of them within the day after a rotation."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one attempt."""

    outcome: Literal["delivered", "failed", "gone"]
    """`gone` = the receiver asks for nothing more, ever."""
    status_code: int | None = None
    error: str | None = None
    """A code when there was no answer: `timeout`, `connection`, `address_not_allowed`, `protocol`."""
    retry_after: timedelta | None = None
    """What the receiver asked for, if it did."""


class Channel(Protocol):
    """One way out. There is one object of each in a process; nothing is opened before the first use."""

    name: ClassVar[str]
    """One of `CHANNEL_NAMES`; it stands in the API, in the table of subscriptions and in metrics."""
    leaves_trace: ClassVar[bool]
    """Others on the way see an address of the organization: refused to who runs a hidden service (SAFETY N4)."""

    def __init__(self, settings: Settings) -> None:
        """Keep what is needed of the settings."""

    def check(self, address: str | None) -> str:
        """Return the address a new subscription will have. Raises `InvalidInputError` at `/endpoint`."""

    async def verify(self, address: str) -> bool:
        """Ask the receiver whether it wants our events. Never raises: no answer is a no."""

    async def deliver(self, outgoing: Outgoing) -> Answer:
        """Make one attempt. Never raises for what a receiver does."""

    async def close(self) -> None:
        """Close what was opened."""
