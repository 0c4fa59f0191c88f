"""The shape of a service's `messaging/subscriptions.py`: THE table from event type to handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from unavez_shared.contracts.events import EventType
from unavez_shared.messaging.event import Event
from unavez_shared.persistence.database import UnitOfWork

Handler = Callable[[Sequence[Event[Any]], UnitOfWork], Awaitable[None]]
"""Applies a run of events, in order, inside the given transaction: of ONE type, or of all types the table gives to it.

It may be called again with the same events (the transaction was rolled back), never with one whose effect is committed.
Raising parks the event that caused it (after the run was retried one by one)."""

Subscriptions = Mapping[EventType[Any], Handler]
