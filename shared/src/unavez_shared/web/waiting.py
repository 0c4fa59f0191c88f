"""Long polls: wait for something that will happen in this process, or in another one. All who wait share one look."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, TypeVar
from uuid import UUID

from unavez_shared.loops import Signal
from unavez_shared.messaging.transient import DATABASE_ERRORS
from unavez_shared.web.at_once import AtOnce

WAITS: Final = 20
"""At once, for each token (CONTRACT "Limits")."""
_LOOK_SECONDS: Final = 0.1
"""Between looks: another replica may have written."""
_BREATH_SECONDS: Final = 0.01
"""Between looks at least, however often something happens here."""
_CHECK_SECONDS: Final = 0.5
"""Between checks of what is there, and is not (yet) the caller's."""

T = TypeVar("T")

Known = Callable[[Collection[UUID]], Awaitable[Collection[UUID]]]
"""Which of these ids there are by now, whoever's they are."""


class Arrivals:
    """Waits for ids that may be on their way: one query asks for all of them, and only while somebody waits."""

    def __init__(self, known: Known, *, wake: Signal, stopping: asyncio.Event) -> None:
        self._known = known
        self._wake = wake
        self._stopping = stopping
        self._waits = AtOnce(WAITS)
        self._awaited: dict[UUID, set[asyncio.Future[None]]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def wait_for(
        self, awaited: UUID, check: Callable[[], Awaitable[T | None]], *, token: str | None, seconds: float
    ) -> T | None:
        """Return what `check` finds, or None after so many seconds or as soon as the process is stopping.

        `check` runs at once and when the id is there. What is there and not the caller's is waited for as long as what
        is not (SAFETY N9). Raises `RateLimitedError` to who waits too often at once, and whose answer would be a wait.
        """
        found = await check()
        if found is not None or seconds <= 0:
            return found
        with self._waits.entered(token):
            now = asyncio.get_running_loop().time
            ends_at = now() + seconds
            await self._arrival(awaited, seconds)
            while (found := await check()) is None and (left := ends_at - now()) > 0 and not self._stopping.is_set():
                await self._pause(min(left, _CHECK_SECONDS))
            return found

    async def _arrival(self, awaited: UUID, seconds: float) -> None:
        arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited.setdefault(awaited, set()).add(arrived)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="waiting:look")
        try:
            await asyncio.wait([arrived], timeout=seconds)
        finally:
            self._forget(awaited, arrived)

    def _forget(self, awaited: UUID, arrived: asyncio.Future[None]) -> None:
        waiting = self._awaited.get(awaited, set())
        waiting.discard(arrived)
        if not waiting:
            self._awaited.pop(awaited, None)

    async def _look(self) -> None:
        while self._awaited:
            # Cleared before the look: what is committed while it runs ends the pause after it.
            self._wake.clear()
            self._tell(await self._found())
            if self._stopping.is_set():
                self._tell(list(self._awaited))
            await self._pause(_BREATH_SECONDS)
            await self._pause(_LOOK_SECONDS, self._wake)

    async def _found(self) -> Collection[UUID]:
        try:
            return await self._known(list(self._awaited))
        except DATABASE_ERRORS:
            return ()  # the database is away: each wait ends in its time, and its own check tells

    def _tell(self, found: Collection[UUID]) -> None:
        for awaited in found:
            for arrived in self._awaited.pop(awaited, ()):
                if not arrived.done():
                    arrived.set_result(None)

    async def _pause(self, seconds: float, wake: Signal | None = None) -> None:
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._stopping.wait())]
        if wake is not None:
            waits.append(asyncio.ensure_future(wake.wait()))
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
