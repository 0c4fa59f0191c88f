"""THE table: what the directory publishes. It consumes nothing: what it says comes from agencies and editors."""

from __future__ import annotations

from unavez_shared.contracts import events
from unavez_shared.messaging.subscriptions import EventTable


def subscriptions() -> EventTable:
    """Return the table."""
    return EventTable(
        publishes={
            events.SERVICE_PUBLISHED,
            events.SERVICE_CHANGED,
            events.SERVICE_SUSPENDED,
            events.CAPACITY_CHANGED,
        },
        consumes={},
    )
