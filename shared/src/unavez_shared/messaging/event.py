"""One internal event in memory, after it was opened and before it is sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from unavez_shared.contracts.event_data import EventData
from unavez_shared.contracts.events import EventType

D = TypeVar("D", bound=EventData)


@dataclass(frozen=True, slots=True)
class Event(Generic[D]):
    """A CloudEvent whose data is readable. Only its producer and its consumers ever hold one."""

    id: UUID
    """UUIDv7: the inbox key."""
    event_type: EventType[D]
    subject: str
    """Opaque aggregate id; order is kept per subject."""
    time: datetime
    sequence: int
    """The aggregate's version: apply what is newer, drop the rest."""
    data: D = field(repr=False)
    traceparent: str | None = None
    unsigned: bool = False
    """Of a kind that is signed today, it came without: from before the upgrade, or from anybody with the key."""
