"""Commands that share a commit: what the inbox does for messages, done for requests.

Half of what a small command costs are BEGIN, COMMIT and its disk write. While one transaction is being committed, the
commands that arrive wait for the next and go into it together. Each still sees an answer only after COMMIT. When one of
them fails, the transaction is rolled back and every command runs again in one of its own: nobody fails because of a
neighbour. So a command must be safe to run twice until it is committed, as everything here is that reads its
idempotency from the database.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from unavez_shared.observability.log import logger

log = logger(__name__)

LIMIT = 32
"""Commands in one transaction: more would keep the first of them waiting without saving anything measurable."""
TRANSACTION_SECONDS = 1.0
"""After so long a transaction takes no further command: far from its database 32 of them would take longer than anybody
waits for an answer."""
WORKERS = 4
"""Transactions at once, when more wait than one takes: a database that is far away answers several as fast as one."""
PATIENCE_SECONDS = 8.0
"""Who waited longer for a transaction has given up and asks again: to run that command would only delay the others."""

T = TypeVar("T")
W = TypeVar("W")
"""The unit of work: what a transaction hands to a command."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[W, T]):
    command: Callable[[W], Awaitable[T]]
    answer: asyncio.Future[T]
    context: Context
    """Of the request: its trace goes into the events the command emits."""
    since: float
    """When it was asked for, by the loop's clock."""

    def succeed(self, result: T) -> None:
        """Answer, unless the request was given up meanwhile."""
        if not self.answer.done():
            self.answer.set_result(result)

    def fail(self, error: Exception) -> None:
        """Let the command's error be raised where it was asked for, unless the request was given up."""
        if not self.answer.done():
            self.answer.set_exception(error)


class SharedCommit(Generic[W]):
    """One queue of commands and the few tasks that commit them, while there are any.

    `transaction` opens one and commits it when the block ends.
    """

    def __init__(self, transaction: Callable[[], AbstractAsyncContextManager[W]]) -> None:
        self._transaction = transaction
        self._waiting: deque[_Waiting[W, Any]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, command: Callable[[W], Awaitable[T]]) -> T:
        """Run `command` in a transaction it may share; return its result after COMMIT.

        Raises what it raises; `TimeoutError`, with nothing done, when there was no transaction for it in time.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._waiting.append(_Waiting(command, answer, copy_context(), loop.time()))
        working = sum(not task.done() for task in self._tasks)
        if working == 0 or (working < WORKERS and len(self._waiting) > LIMIT):
            task = asyncio.create_task(self._work(), name="shared-commit")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _work(self) -> None:
        while self._waiting:
            batch = self._next()
            if len(batch) > 1:
                batch = await self._together(batch)
            for waiting in batch:
                await self._alone(waiting)

    def _next(self) -> list[_Waiting[W, Any]]:
        latest = asyncio.get_running_loop().time() - PATIENCE_SECONDS
        batch: list[_Waiting[W, Any]] = []
        while self._waiting and len(batch) < LIMIT:
            waiting = self._waiting.popleft()
            if waiting.since < latest:
                waiting.fail(TimeoutError())
            else:
                batch.append(waiting)
        return batch

    async def _together(self, batch: list[_Waiting[W, Any]]) -> list[_Waiting[W, Any]]:
        """Commit as many as time allows, put the others back; return those that have to run alone."""
        clock = asyncio.get_running_loop().time
        until, results = clock() + TRANSACTION_SECONDS, []
        try:
            async with self._transaction() as work:
                for waiting in batch:
                    results.append(await _call(waiting, work))
                    if clock() > until:
                        break
        except Exception as error:  # noqa: BLE001  (each runs again and raises for itself)
            log.info("shared_commit_split", size=len(batch), error=type(error).__name__)
            return batch
        self._waiting.extendleft(reversed(batch[len(results) :]))
        for waiting, result in zip(batch, results, strict=False):
            waiting.succeed(result)
        return []

    async def _alone(self, waiting: _Waiting[W, Any]) -> None:
        try:
            async with self._transaction() as work:
                result = await _call(waiting, work)
        except Exception as error:  # noqa: BLE001  (it is raised to whoever asked)
            waiting.fail(error)
        else:
            waiting.succeed(result)


async def _call(waiting: _Waiting[W, T], work: W) -> T:
    async def run() -> T:
        return await waiting.command(work)

    return await asyncio.get_running_loop().create_task(run(), context=waiting.context)
