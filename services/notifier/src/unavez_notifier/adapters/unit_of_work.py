"""One transaction of the notifier: the repositories, and who is woken once it is committed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from unavez_notifier.adapters.deliveries import DeliveryRepository
from unavez_notifier.adapters.feed_watch import FeedWatch
from unavez_notifier.adapters.feeds import FeedRepository
from unavez_notifier.adapters.services import ServiceRepository
from unavez_notifier.adapters.subscriptions import SubscriptionRepository
from unavez_notifier.domain.audiences import Feed
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.event_data import EventData
from unavez_shared.contracts.events import EventType
from unavez_shared.loops import Signal
from unavez_shared.persistence.database import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Wakes:
    """Who waits for what in this process. Other processes find out by polling."""

    deliveries: Signal
    handshakes: Signal
    readers: FeedWatch


class Work:
    """The notifier's view of an open unit of work."""

    def __init__(self, work: UnitOfWork, wakes: Wakes, public_url: str) -> None:
        self._work = work
        self._wakes = wakes
        self.feeds = FeedRepository(work, public_url)
        self.subscriptions = SubscriptionRepository(work)
        self.deliveries = DeliveryRepository(work)
        self.services = ServiceRepository(work)

    def emit(self, event_type: EventType[Any], *, subject: UUID, sequence: int, data: EventData) -> None:
        """Queue an internal event."""
        self._work.emit(event_type, subject=subject, sequence=sequence, data=data)

    def record(self, action: str, *, subject_id: UUID, actor: Actor | None = None, reason: str | None = None) -> None:
        """Queue an audit row."""
        self._work.record(action, actor=actor, subject_id=subject_id, reason=reason)

    def wake_deliveries(self) -> None:
        """After COMMIT: there is something to deliver."""
        self._work.after_commit(self._wakes.deliveries.send)

    def wake_handshakes(self) -> None:
        """After COMMIT: there is an endpoint to ask."""
        self._work.after_commit(self._wakes.handshakes.send)

    def wake_readers(self, feeds: Sequence[Feed]) -> None:
        """After COMMIT: these feeds have grown."""
        self._work.after_commit(lambda: self._wakes.readers.notify(feeds))

    async def lazily(self) -> None:
        """Do not wait for the disk at COMMIT: losing this transaction in a crash costs only a repetition."""
        await self._work.execute(text("SET LOCAL synchronous_commit TO off"))


Transactions = Callable[[], AbstractAsyncContextManager[Work]]
"""Opens a transaction: COMMIT at the end of the block, ROLLBACK when it raises."""


def transactions(database: Database, wakes: Wakes, public_url: str) -> Transactions:
    """Return the opener of transactions the use-cases take."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Work]:
        async with database.transaction() as work:
            yield Work(work, wakes, public_url)

    return opened
