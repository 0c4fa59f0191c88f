"""A wake-up inside one process: whoever waits continues at once; nobody waiting is no harm, everybody polls too."""

from __future__ import annotations

import asyncio


class Signal:
    """Sent after a COMMIT; received by one background loop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def send(self) -> None:
        """Wake the loop, now or when it next waits."""
        self._event.set()

    def clear(self) -> None:
        """Forget what was sent; call it before looking for work, so that nothing sent since is missed."""
        self._event.clear()

    async def wait(self, timeout_seconds: float) -> bool:
        """Tell whether a signal was sent before the time was over."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        return True
