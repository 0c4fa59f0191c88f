"""Groups a batch of events into runs of one type that a handler applies together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unavez_shared.contracts.events import EventType
from unavez_shared.messaging.event import Event


def runs(events: Sequence[Event[Any]]) -> list[list[Event[Any]]]:
    """Return runs of one event type; within a subject, and within a case, the order stays what it was.

    An event joins the last run of its type unless something about its subject or its case stands in a later run.
    Events about different subjects of different cases do not depend on each other, so a hundred interleaved cases make
    a handful of runs instead of hundreds.
    """
    result: list[list[Event[Any]]] = []
    last_of_type: dict[EventType[Any], int] = {}
    last_of_key: dict[str, int] = {}
    for event in events:
        keys = {event.subject, str(getattr(event.data, "case_id", event.subject))}
        earliest = max((last_of_key.get(key, 0) for key in keys), default=0)
        index = last_of_type.get(event.event_type)
        if index is None or index < earliest:
            index = len(result)
            result.append([])
            last_of_type[event.event_type] = index
        result[index].append(event)
        last_of_key.update(dict.fromkeys(keys, index))
    return result
