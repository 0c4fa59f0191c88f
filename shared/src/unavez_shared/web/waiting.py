"""Long polls: wait for something that will happen in this process, or in another one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Wake:
    """Tells everyone who waits that something happened; nobody is woken for what happened before they waited."""

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Wake all waiters."""
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def subscribe(self) -> asyncio.Future[None]:
        """Return a future the next `notify` resolves; give it back with `unsubscribe`."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        return waiter

    def unsubscribe(self, waiter: asyncio.Future[None]) -> None:
        """Forget a waiter."""
        self._waiters.discard(waiter)
        waiter.cancel()


async def wait_until(
    check: Callable[[], Awaitable[T | None]],
    *,
    timeout_seconds: float,
    stopping: asyncio.Event,
    wake: Wake | None = None,
    interval: float = 0.05,
) -> T | None:
    """Return what `check` finds, or None after `timeout_seconds` or as soon as the process is stopping.

    `check` runs at once, whenever `wake` is notified, and every `interval` seconds (another replica may have written).
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_seconds
    stop: asyncio.Future[Any] = asyncio.ensure_future(stopping.wait())
    try:
        while True:
            # Subscribed before the check: what is committed while it runs wakes the next round.
            waiter = (wake or Wake()).subscribe()
            try:
                found = await check()
                left = deadline - loop.time()
                if found is not None or left <= 0 or stopping.is_set():
                    return found
                await asyncio.wait([waiter, stop], timeout=min(interval, left), return_when=asyncio.FIRST_COMPLETED)
            finally:
                if wake is not None:
                    wake.unsubscribe(waiter)
    finally:
        stop.cancel()
