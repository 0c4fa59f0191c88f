"""Background loops: one shape for all of them, that ends when the service stops and outlives what a round meets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Round = Callable[[], Awaitable[float | None]]
"""One round. Returns in how many seconds the next one is due: 0 = at once, None = there will be none."""

Failed = Callable[[Exception], float]
"""Logs what a round raised, and returns in how many seconds the next one is due."""


class Signal:
    """A wake-up inside one process for one waiting task; a signal nobody waits for is kept until it is cleared."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def send(self) -> None:
        """Wake who waits, now or when it next waits."""
        self._event.set()

    def clear(self) -> None:
        """Forget what was sent; call it before looking for work, so that nothing sent since is missed."""
        self._event.clear()

    async def wait(self, timeout_seconds: float | None = None) -> bool:
        """Tell whether a signal was sent before the time was over; None = without an end."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        return True


async def wait_or_stop(stopping: asyncio.Event, seconds: float) -> None:
    """Wait so many seconds, or until `stopping` is set."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return


async def repeat(
    run: Round,
    stopping: asyncio.Event,
    *,
    failed: Failed,
    wake: Signal | None = None,
    pause: Callable[[asyncio.Event, float], Awaitable[None]] = wait_or_stop,
) -> None:
    """Call `run` until `stopping` is set or it returns None. No error ends the loop: `failed` gets it.

    `wake` ends the pause after a round early, never the pause after an error; it is cleared before each round.
    `stopping` ends either. A round under way is always finished.
    """
    stop = None if wake is None else asyncio.create_task(_send_at_stop(stopping, wake), name="loops:stop")
    try:
        while not stopping.is_set():
            if wake is not None:
                wake.clear()
            try:
                seconds = await run()
            except Exception as error:  # noqa: BLE001  (the loop outlives whatever one round met)
                await pause(stopping, failed(error))
                continue
            if seconds is None:
                return
            if seconds <= 0:
                await asyncio.sleep(0)  # a round that never waits must not keep the others of the process from theirs
            elif wake is None:
                await pause(stopping, seconds)
            else:
                await wake.wait(seconds)
    finally:
        if stop is not None:
            stop.cancel()


async def _send_at_stop(stopping: asyncio.Event, wake: Signal) -> None:
    await stopping.wait()
    wake.send()
