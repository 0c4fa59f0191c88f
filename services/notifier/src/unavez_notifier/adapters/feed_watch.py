"""Long polls: readers of a feed continue when it grows, in this process at once, in any other within 100 ms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_notifier.adapters.sql import BIGINTS, TEXTS, UUIDS, statement
from unavez_notifier.domain.audiences import Feed
from unavez_shared.loops import Signal
from unavez_shared.messaging.transient import DATABASE_ERRORS

_POLL_SECONDS = 0.1

_GROWN = statement(
    """
    SELECT f.organization_id, f.audience
    FROM unnest(:organizations, :audiences, :positions) AS w(organization_id, audience, position)
    JOIN feeds f ON f.organization_id = w.organization_id AND f.audience = w.audience
    WHERE f.last_position > w.position
    """,
    organizations=UUIDS,
    audiences=TEXTS,
    positions=BIGINTS,
)


class FeedWatch:
    """Whoever waits for feeds. One query asks for all of them, and only while somebody waits."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: dict[Feed, dict[Signal, int]] = {}
        self._poller: asyncio.Task[None] | None = None
        self._pausing = False  # only then it may be cancelled: a query that is cancelled costs its connection

    def notify(self, feeds: Iterable[Feed]) -> None:
        """Wake the readers of these feeds."""
        for feed in feeds:
            for signal in self._waiting.get(feed, ()):
                signal.send()

    @asynccontextmanager
    async def waiting(self, feed: Feed, *, after: int) -> AsyncIterator[Signal]:
        """Register a reader; enter before the first read, so that nothing that comes in between is missed."""
        signal = Signal()
        self._waiting.setdefault(feed, {})[signal] = after
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll(), name="notifier:feed-watch")
        try:
            yield signal
        finally:
            readers = self._waiting[feed]
            del readers[signal]
            if not readers:
                del self._waiting[feed]
            if not self._waiting and self._pausing:
                self._poller.cancel()

    async def _poll(self) -> None:
        while self._waiting:
            self._pausing = True
            await asyncio.sleep(_POLL_SECONDS)
            self._pausing = False
            watched = [(feed, min(readers.values())) for feed, readers in self._waiting.items()]
            try:
                async with self._engine.connect() as connection:
                    rows = await connection.execute(
                        _GROWN,
                        {
                            "organizations": [feed.organization_id for feed, _ in watched],
                            "audiences": [feed.key for feed, _ in watched],
                            "positions": [position for _, position in watched],
                        },
                    )
                    self.notify([Feed.stored(row.organization_id, row.audience) for row in rows])
            except DATABASE_ERRORS:
                continue  # the database is away: the readers' own time-out ends their wait
