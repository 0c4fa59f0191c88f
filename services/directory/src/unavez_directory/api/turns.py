"""Who reads long lists when: so many at once, a slice at a time, strangers with rests between (CONTRACT "Limits")."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from unavez_shared.web.at_once import AtOnce
from unavez_shared.web.errors import RateLimitedError
from unavez_shared.web.strangers import PAUSE_SECONDS

EXPORTS: Final = 2
"""At once, for each token, and for all without one together (CONTRACT "Limits")."""
EXPORT_SECONDS: Final = 300
"""Who reads slower than that makes place for others."""
PAGES: Final = 16
"""At once, likewise: a page is kept in memory until it is whole."""
_REST: Final = 3
"""Strangers' slices, one after the other in this process, rest three times as long as they took: a quarter of it."""
_LONGEST_REST_SECONDS: Final = 1.0


class Turns:
    """Counts the readers of this process, and lets strangers' slices through one by one."""

    def __init__(self) -> None:
        self._exports, self._pages = AtOnce(EXPORTS), AtOnce(PAGES)
        self._turn = asyncio.Lock()

    def exporting(self, token: str | None) -> AbstractAsyncContextManager[None]:
        """Be one of those who read everything. Raises `RateLimitedError`, after a pause."""
        return _entered(self._exports, token)

    def reading_a_page(self, token: str | None) -> AbstractAsyncContextManager[None]:
        """Be one of those who read a page. Raises `RateLimitedError`, after a pause."""
        return _entered(self._pages, token)

    @asynccontextmanager
    async def slice(self, token: str | None) -> AsyncIterator[None]:
        """Do one slice's work; without a token in turn, and with a rest after it."""
        if token is not None:
            yield
            await asyncio.sleep(0)
            return
        async with self._turn:
            now = asyncio.get_running_loop().time
            began = now()
            yield
            await asyncio.sleep(min(_REST * (now() - began), _LONGEST_REST_SECONDS))


@asynccontextmanager
async def _entered(limit: AtOnce, token: str | None) -> AsyncIterator[None]:
    try:
        with limit.entered(token):
            yield
    except RateLimitedError:
        await asyncio.sleep(PAUSE_SECONDS)
        raise
