"""How fast one token may ask: a steady rate, and a burst of five times that rate after a pause (CONTRACT).

GCRA is a token bucket that keeps one number per caller: who used up the burst still has the rate at once, where a
window counted in blocks would refuse everything until the block is over.
"""

from __future__ import annotations

import math
from typing import Final

from throttled import RateLimiterType, Throttled, per_sec
from throttled.store import MemoryStore

from unavez_shared.web.errors import RateLimitedError

_BURST: Final = 5
"""Seconds' worth of the rate."""
_CALLERS: Final = 100_000
"""Tokens counted at once; the one that has not asked for longest is forgotten first."""


class RateLimit:
    """Counts requests by token digest, in this process; knows no addresses."""

    def __init__(self, per_second: int) -> None:
        self._throttled = Throttled(
            using=RateLimiterType.GCRA.value,
            quota=per_sec(per_second, burst=per_second * _BURST),
            store=MemoryStore(options={"MAX_SIZE": _CALLERS}),
        )

    def hit(self, digest: str) -> None:
        """Count one request. Raises `RateLimitedError`, which says when the next one will be let in."""
        counted = self._throttled.limit(digest)
        if counted.limited:
            raise RateLimitedError(max(1, math.ceil(counted.state.retry_after)))
