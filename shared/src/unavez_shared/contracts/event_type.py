"""What a kind of internal event is. Which there are: `events.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from unavez_shared.contracts.event_data import EventData, Report, State
from unavez_shared.contracts.services import Service

D = TypeVar("D", bound=EventData)


@dataclass(frozen=True, slots=True, eq=False)
class EventType(Generic[D]):
    """One kind of event: its owner, its hearers, its key family and the shape of its data."""

    name: str
    """`<aggregate>.<past participle>.v<major>`: the routing key."""
    family: str
    producer: Service
    consumers: frozenset[Service]
    data: type[D]
    signed: bool = False
    once_unsigned: bool = False
    """Signed today; a message from before it was is still read (`Event.unsigned`), and its handler asks more of it."""
    retired: bool = False
    """Published by nobody any more; what an earlier version published is still consumed."""

    def __post_init__(self) -> None:
        """Refuse data of which nobody said whether a later event replaces an earlier one."""
        if not issubclass(self.data, (State, Report)):
            raise TypeError(f"{self.name}: its data is a State or a Report (contracts/event_data.py)")

    @property
    def type(self) -> str:
        """The CloudEvents `type`."""
        return f"pe.unavez.{self.name}"
