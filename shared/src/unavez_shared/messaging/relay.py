"""Moves the outbox to the bus: in id order, pipelined, deleted only when confirmed. One active relay a service.

Where the bus confirms no more than its own disk, a confirmed row is marked and waits for its hearers' receipts.

Rows are never looked for by "id greater than the last one": sequences commit out of order. Whatever is in the table and
not in flight is next. Several batches may be in flight at once, so that reading and deleting cost no publishing time;
when one row was not confirmed, everything in flight is awaited first and the table is read again from its start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, CursorResult, Executable, any_, bindparam, delete, not_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.contracts.services import Service
from unavez_shared.loops import Signal, repeat
from unavez_shared.messaging.awaited import AWAIT_RECEIPTS, Awaited
from unavez_shared.messaging.bus import Bus, Message
from unavez_shared.observability.log import logger
from unavez_shared.observability.measures import RelayMeasures
from unavez_shared.persistence.leader import DATABASE_SECONDS, Leader
from unavez_shared.persistence.tables import outbox

log = logger(__name__)

BATCH = 250
_IN_FLIGHT_ROWS = 750
"""Three batches: while one is marked, two are under way. More makes a quorum queue no faster (measured on 3.10)."""
_IN_FLIGHT_BATCHES = 8
_LINGER_SECONDS = 0.002
"""While something is in flight, rows that follow each other closely share one SELECT."""
_SHORTEST_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.005, 0.1
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.02, 1.0
_LONGEST_RECONNECT_SECONDS = 0.25
"""Short: every relay and consumer on the way adds its own pause to the first delivery after an outage."""
_STANDBY_SECONDS = 0.25
LOCK = 0x756E6176  # "unav"
_IN_INDEX_ORDER = {"enable_sort": "off", "plan_cache_mode": "force_custom_plan"}
"""A long backlog is read along its index. Of a table that was empty a minute ago the planner knows nothing, and would
read and sort all of it for one batch; and only a plan made for these ids in flight looks them up by hash."""

_ids = bindparam("ids", type_=ARRAY(BigInteger))
_NEXT = (
    select(outbox.c.id, outbox.c.message_id, outbox.c.routing_key, outbox.c.body)
    .where(outbox.c.sent_at.is_(None), not_(outbox.c.id == any_(_ids)))
    .order_by(outbox.c.id)
    .limit(BATCH)
)
_DELETE = delete(outbox).where(outbox.c.id == any_(_ids))


@dataclass(frozen=True, slots=True, eq=False)
class _Flight:
    ids: Sequence[int]
    flags: asyncio.Task[Sequence[bool]]


class Relay:
    """The relay of one service. `database.wake_with(relay.wake)` saves it most of its polling."""

    def __init__(self, engine: AsyncEngine, bus: Bus, service: Service) -> None:
        self._bus = bus
        self._service = service
        self._measures = RelayMeasures(service)
        self._woken = Signal()
        self._leader = Leader(engine, LOCK, _IN_INDEX_ORDER)
        self._pause_seconds = _SHORTEST_PAUSE_SECONDS
        self._flights: list[_Flight] = []
        self._at_work = asyncio.Lock()
        self._awaited = Awaited(engine, service)

    @property
    def is_active(self) -> bool:
        """Tell whether this process is the one that relays."""
        return self._leader.leads

    def wake(self) -> None:
        """There is something in the outbox: a transaction of this process has just committed it."""
        self._woken.send()

    async def run(self, stopping: asyncio.Event) -> None:
        """Relay until `stopping` is set. Survives the database and the broker being away."""
        if self._bus.confirms_effects:
            await self._run(stopping)
        else:
            await asyncio.gather(self._run(stopping), self._awaited.watch(self._bus, stopping))

    async def _run(self, stopping: asyncio.Event) -> None:
        await repeat(partial(self._round, stopping), stopping, failed=self._interrupted)

    async def _round(self, stopping: asyncio.Event) -> float:
        try:
            async with self._at_work:
                if not await self._is_active():
                    return _STANDBY_SECONDS
                all_confirmed = await self._relay(stopping)
        except Exception:
            await self._disconnect()
            raise
        if all_confirmed:
            self._pause_seconds = _SHORTEST_PAUSE_SECONDS
            return 0.0
        return self._next_pause(_LONGEST_PAUSE_SECONDS)

    def _interrupted(self, error: Exception) -> float:
        """Whatever it was: the rows are still there."""
        log.warning("relay_interrupted", service=self._service.value, error=type(error).__name__)
        return self._next_pause(_LONGEST_RECONNECT_SECONDS)

    def _next_pause(self, longest_seconds: float) -> float:
        seconds = min(self._pause_seconds, longest_seconds)
        self._pause_seconds = seconds * 2
        return seconds

    async def drain(self, timeout_seconds: float) -> bool:
        """Relay what is left, once, and tell whether the outbox is empty. Never raises, never exceeds the time."""
        try:
            async with asyncio.timeout(timeout_seconds), self._at_work:
                while await self._is_active():
                    if await self._fill() == 0 and not self._flights:
                        return True
                    if not await self._land(await self._landed(self._flights)):
                        return False
        except Exception as error:  # noqa: BLE001  (what could not be relayed stays in the outbox)
            log.warning("relay_drain_incomplete", service=self._service.value, error=type(error).__name__)
        return False

    async def close(self) -> None:
        """Give up the lock and the connection. Idempotent."""
        await self._disconnect()

    async def _relay(self, stopping: asyncio.Event) -> bool:
        """Relay until asked to stop (True) or until a row was not confirmed (False)."""
        poll = _SHORTEST_POLL_SECONDS
        while not stopping.is_set():
            self._woken.clear()
            if await self._fill():
                poll = _SHORTEST_POLL_SECONDS
            if not self._flights:
                await self._woken.wait(poll)
                poll = min(poll * 2, _LONGEST_POLL_SECONDS)
                continue
            landed = await self._landed_or_woken()
            if landed and not await self._land(landed):
                await self._land(self._flights)
                return False
        return not self._flights or await self._land(self._flights)

    async def _fill(self) -> int:
        """Put as many batches in flight as fit; return how many rows."""
        filled = 0
        while True:
            in_flight = [row_id for flight in self._flights for row_id in flight.ids]
            if len(self._flights) >= _IN_FLIGHT_BATCHES or len(in_flight) + BATCH > _IN_FLIGHT_ROWS:
                return filled
            rows = (await self._execute(_NEXT, {"ids": in_flight})).all()
            if not rows:
                return filled
            filled += len(rows)
            messages = [Message(row.message_id, row.routing_key, row.body) for row in rows]
            task = asyncio.create_task(self._publish(messages), name=f"{self._service}:publish")
            self._flights.append(_Flight([row.id for row in rows], task))
            if len(rows) < BATCH:
                return filled

    async def _publish(self, messages: Sequence[Message]) -> Sequence[bool]:
        try:
            return await self._bus.publish(messages)
        except Exception as error:  # noqa: BLE001  (the port promises flags; a fault in a bus must not lose a row)
            # Never with a traceback: its frames hold bodies.
            log.error("publish_failed", service=self._service.value, error=type(error).__name__)  # noqa: TRY400
            return [False] * len(messages)

    async def _land(self, landed: Sequence[_Flight]) -> bool:
        """Delete what was confirmed, or mark it; tell whether that is everything."""
        flags = [flag for flight in landed for flag in await flight.flags]
        ids = [row_id for flight in landed for row_id in flight.ids]
        self._flights = [flight for flight in self._flights if flight not in landed]
        confirmed = [row_id for row_id, flag in zip(ids, flags, strict=True) if flag]
        self._measures.landed(len(ids), len(confirmed))
        if confirmed:
            if self._bus.confirms_effects:
                await self._execute(_DELETE, {"ids": confirmed})
            else:
                await self._execute(AWAIT_RECEIPTS, {"row_ids": confirmed})
        return len(confirmed) == len(ids)

    async def _landed(self, flights: Sequence[_Flight]) -> Sequence[_Flight]:
        await asyncio.wait([flight.flags for flight in flights], return_when=asyncio.FIRST_COMPLETED)
        return [flight for flight in flights if flight.flags.done()]

    async def _landed_or_woken(self) -> Sequence[_Flight]:
        woken = asyncio.create_task(self._woken.wait())
        try:
            await asyncio.wait(
                [woken, *(flight.flags for flight in self._flights)], return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            woken.cancel()
        landed = [flight for flight in self._flights if flight.flags.done()]
        if not landed:
            await asyncio.sleep(_LINGER_SECONDS)
        return landed

    async def _is_active(self) -> bool:
        """Have the lock; acquire it again after the connection was lost."""
        if self._leader.leads:
            return True
        acquired = await self._leader.acquire()
        if acquired:
            log.info("relay_active", service=self._service.value)
        return acquired

    async def _execute(self, statement: Executable, ids: Mapping[str, Sequence[int]]) -> CursorResult[Any]:
        async with asyncio.timeout(DATABASE_SECONDS):
            return await self._leader.connection.execute(statement, ids)

    async def _disconnect(self) -> None:
        flights, self._flights = self._flights, []
        await asyncio.gather(*(flight.flags for flight in flights), return_exceptions=True)
        error = await self._leader.resign()
        if error is not None:
            log.info("relay_connection_lost", service=self._service.value, error=type(error).__name__)
