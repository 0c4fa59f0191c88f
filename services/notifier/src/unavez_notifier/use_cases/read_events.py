"""Read a feed from a position on; wait for what comes, when asked to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.domain.audiences import Feed
from unavez_notifier.domain.feed_events import StoredEvent
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError
from unavez_shared.loops import Signal
from unavez_shared.persistence.database import Database

MOST_EVENTS: Final = 500
LONGEST_WAIT_SECONDS: Final = 30.0
_LISTEN_SECONDS: Final = 0.25
"""How often a waiting reader looks whether the service is stopping."""


@dataclass(frozen=True, slots=True)
class ReadEvents:
    """Which part of a feed; larger limits and waits are lowered."""

    feed: Feed
    after: int
    limit: int
    wait_seconds: float


async def read_events(
    command: ReadEvents, database: Database, stores: Stores, *, stopping: asyncio.Event
) -> Sequence[StoredEvent]:
    """Return the next events, none when nothing came in time or the service is stopping.

    Remembers that the feed was read: an organization that reads can be reached (SAFETY N13). Raises `ConflictError`
    (`unknown_position`) when the feed does not reach so far: a reader who waits there would miss what comes.
    """
    limit = min(command.limit, MOST_EVENTS)
    ends_at = asyncio.get_running_loop().time() + min(command.wait_seconds, LONGEST_WAIT_SECONDS)
    async with stores.wakes.readers.waiting(command.feed, after=command.after) as grown:
        while True:
            grown.clear()
            async with database.transaction() as work:
                events = await stores.feeds.read(work, command.feed, after=command.after, limit=limit)
                position = events[-1].position if events else 0
                last = await stores.feeds.note_read(work, command.feed, position=position, at=work.now())
                if not events and command.after > last:
                    raise ConflictError(Conflict.UNKNOWN_POSITION)
            if events or not await _grew(grown, ends_at, stopping):
                return events


async def _grew(grown: Signal, ends_at: float, stopping: asyncio.Event) -> bool:
    """Wait until there may be something to read; False when the time is over or the service is stopping."""
    now = asyncio.get_running_loop().time
    while not stopping.is_set() and (left := ends_at - now()) > 0:
        if await grown.wait(min(left, _LISTEN_SECONDS)):
            return True
    return False
