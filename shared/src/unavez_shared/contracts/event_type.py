"""What a kind of internal event is. Which there are: `events.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from unavez_shared.contracts.services import Service

D = TypeVar("D", bound=BaseModel)


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

    @property
    def type(self) -> str:
        """The CloudEvents `type`."""
        return f"pe.unavez.{self.name}"
