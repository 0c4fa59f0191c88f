"""Groups a batch of events into runs that one handler applies together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

from unavez_shared.messaging.event import Event
from unavez_shared.messaging.subscriptions import Handler, Subscriptions

T = TypeVar("T")


def runs(events: Sequence[Event[Any]], subscriptions: Subscriptions) -> list[tuple[Handler, list[Event[Any]]]]:
    """Return runs and who applies each; within a subject, and within a case, the order stays what it was.

    An event joins the last run of its handler unless something about its subject or its case stands in a later run.
    Events about different subjects of different cases do not depend on each other, so a hundred interleaved cases make
    a handful of runs instead of hundreds.
    """
    result: list[tuple[Handler, list[Event[Any]]]] = []
    last_of_handler: dict[Handler, int] = {}
    last_of_key: dict[str, int] = {}
    for event in events:
        handler = subscriptions[event.event_type]
        keys = {event.subject, str(getattr(event.data, "case_id", event.subject))}
        earliest = max((last_of_key.get(key, 0) for key in keys), default=0)
        index = last_of_handler.get(handler)
        if index is None or index < earliest:
            index = len(result)
            result.append((handler, []))
            last_of_handler[handler] = index
        result[index][1].append(event)
        last_of_key.update(dict.fromkeys(keys, index))
    return result


def without_repeats(items: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Return parts, in order, in each of which a key comes once.

    One statement may touch a row once, and a version is judged by the one before it. Mostly there is one part.
    """
    parts: list[list[T]] = []
    seen: set[Hashable] = set()
    for item in items:
        if not parts or key(item) in seen:
            parts.append([])
            seen.clear()
        parts[-1].append(item)
        seen.add(key(item))
    return parts
