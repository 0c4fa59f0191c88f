"""The shape of a service's `messaging/subscriptions.py`: THE table of the events it publishes and consumes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.events import EventType, consumed_by, published_by
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.event import Event
from unavez_shared.persistence.database import UnitOfWork

Handler = Callable[[Sequence[Event[Any]], UnitOfWork], Awaitable[None]]
"""Applies a run of events, in order, inside the given transaction: of ONE type, or of all types the table gives to it.

It may be called again with the same events (the transaction was rolled back), never with one whose effect is committed.
Raising parks the event that caused it (after the run was retried one by one)."""

Subscriptions = Mapping[EventType[Any], Handler]
"""What applies each event a service consumes."""


@dataclass(frozen=True, slots=True)
class EventTable:
    """What one service publishes and consumes. The catalogue gives it the same, or the service does not start."""

    publishes: AbstractSet[EventType[Any]]
    consumes: Subscriptions

    def check(self, service: Service) -> None:
        """Raise `StartupError`, with the names of the events, unless table and catalogue agree in both directions."""
        faults = [
            *_differences("publica / publishes", self.publishes, published_by(service)),
            *_differences("consume / consumes", self.consumes.keys(), consumed_by(service)),
        ]
        if faults:
            raise StartupError(
                f"{service.value}: la tabla de eventos (messaging/subscriptions.py) y el catálogo no dicen lo mismo / "
                f"the table of events and the catalogue differ: {'; '.join(faults)}"
            )


def _differences(verb: str, declared: AbstractSet[EventType[Any]], given: AbstractSet[EventType[Any]]) -> Iterable[str]:
    if forgotten := given - declared:
        yield f"{verb}: falta / missing {_names(forgotten)}"
    if foreign := declared - given:
        yield f"{verb}: sobra / not its own {_names(foreign)}"


def _names(events: Iterable[EventType[Any]]) -> str:
    return ", ".join(sorted(event.name for event in events))
