"""How fast one token may ask: a sliding window of five seconds, which allows bursts of five times the rate."""

from __future__ import annotations

import math
import time
from typing import Final

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from unavez_shared.web.errors import RateLimitedError

_WINDOW: Final = 5
"""Seconds: CONTRACT's burst is five times its rate."""


class RateLimit:
    """Counts requests by token digest; knows no addresses."""

    def __init__(self, per_second: int) -> None:
        self._item = RateLimitItemPerSecond(per_second * _WINDOW, _WINDOW)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def hit(self, digest: str) -> None:
        """Count one request. Raises `RateLimitedError`."""
        if not await self._limiter.hit(self._item, digest):
            window = await self._limiter.get_window_stats(self._item, digest)
            raise RateLimitedError(max(1, math.ceil(window.reset_time - time.time())))
