"""Micro-batches: messages in, runs of at most 100 to the handler, outcomes out. Both buses consume through this.

A message that arrives alone is handled at once; while a batch is being committed the next one gathers, and under load
a batch that is not full waits up to 3 ms for more, as long as more keep coming: latency where it is quiet, throughput
where it is not.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import BatchHandler, Message, Outcome
from unavez_shared.observability.log import logger
from unavez_shared.observability.measures import ConsumerMeasures

log = logger(__name__)

LIMIT = 100
"""Messages that share one commit. 100 instead of 50 delivers a sixth more referrals a second (docs/performance.md);
more would keep a service that computes much for each message from answering HTTP for too long."""
WINDOW_SECONDS = 0.003
"""How long a batch that is not full waits for more, under load."""
QUIET_SECONDS = 0.001
"""How long nothing may come before it goes as it is."""
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 0.5
_STOP_SECONDS = 15.0

T = TypeVar("T")

Settle = Callable[[Sequence[T], Sequence[Outcome]], Awaitable[None]]
"""Acknowledges a batch, in order. What it raises ends the consumer: the transport is gone."""


class MicroBatcher(Generic[T]):
    """One consumer's queue and loop. `T` is what the bus needs to settle a delivery."""

    def __init__(
        self, service: Service, handler: BatchHandler, message_of: Callable[[T], Message], settle: Settle[T]
    ) -> None:
        self._name = service.value
        self._measures = ConsumerMeasures(service)
        self._handler = handler
        self._message_of = message_of
        self._settle = settle
        self._waiting: deque[T] = deque()
        self._arrived = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin handling what `put` brings."""
        self._task = asyncio.create_task(self._run(), name=f"{self._name}:batches")

    def put(self, delivery: T) -> None:
        """Take one delivery; never blocks (the bus bounds what is outstanding)."""
        self._waiting.append(delivery)
        self._arrived.set()

    @property
    def ended(self) -> bool:
        """Tell whether the loop is over, because it was stopped or because settling failed."""
        return self._task is None or self._task.done()

    async def stop(self) -> Sequence[T]:
        """Settle the batch in hand, within 15 s; return what was not settled, for the bus to requeue."""
        self._stopping.set()
        self._arrived.set()
        if self._task is not None:
            _, pending = await asyncio.wait([self._task], timeout=_STOP_SECONDS)
            for task in pending:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        left = list(self._waiting)
        self._waiting.clear()
        return left

    async def _run(self) -> None:
        last_size = 0
        while not self._stopping.is_set():
            await self._gather(linger=last_size > 1)
            batch = [self._waiting.popleft() for _ in range(min(LIMIT, len(self._waiting)))]
            last_size = len(batch)
            if not batch:
                continue
            with self._measures.presenting() as paused:
                outcomes = await self._handle([self._message_of(delivery) for delivery in batch], paused)
            if outcomes is None:
                self._waiting.extendleft(reversed(batch))
                return
            try:
                await self._settle(batch, outcomes)
            except Exception as error:  # noqa: BLE001  (the effects are committed; the transport presents them again)
                log.warning("settling_failed", consumer=self._name, error=type(error).__name__)
                return

    async def _gather(self, *, linger: bool) -> None:
        if not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        if not linger:
            # One turn of the loop: what the same read brought belongs together.
            await asyncio.sleep(0)
            return
        clock = asyncio.get_running_loop().time
        deadline = clock() + WINDOW_SECONDS
        while len(self._waiting) < LIMIT and not self._stopping.is_set():
            self._arrived.clear()
            try:
                async with asyncio.timeout_at(min(deadline, clock() + QUIET_SECONDS)):
                    await self._arrived.wait()
            except TimeoutError:
                return

    async def _handle(self, messages: Sequence[Message], paused: Callable[[], None]) -> Sequence[Outcome] | None:
        """Call the handler until it succeeds; None when asked to stop while its dependency is down."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return await self._handler(messages)
            except Exception as error:  # noqa: BLE001  (a dependency is down: pause and present them again)
                log.warning("consumer_paused", consumer=self._name, error=type(error).__name__, seconds=pause)
            paused()
            try:
                async with asyncio.timeout(pause):
                    await self._stopping.wait()
            except TimeoutError:
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            else:
                return None
