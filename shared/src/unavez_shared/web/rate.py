"""How fast one caller may go: a steady rate, and a burst after a pause (CONTRACT "Limits").

GCRA is a token bucket that keeps one number per caller: who used up the burst still has the rate at once, where a
window counted in blocks would refuse everything until the block is over. Counted in this process, in memory.
"""

from __future__ import annotations

import math
from typing import Final

from throttled import RateLimiterType, Throttled, per_hour, per_sec
from throttled.rate_limiter import Quota
from throttled.store import MemoryStore

from unavez_shared.web.errors import RateLimitedError

_BURST: Final = 5
"""Seconds' worth of the rate of requests."""
_BURST_HOURS: Final = 2
"""Hours' worth of an allowance by the hour."""
_CALLERS: Final = 100_000
"""Callers counted at once; the one that has not asked for longest is forgotten first."""


class RateLimit:
    """Counts requests by token digest; knows no addresses. A burst of five seconds' worth."""

    def __init__(self, per_second: int) -> None:
        self._throttled = _buckets(per_sec(per_second, burst=per_second * _BURST))

    def hit(self, digest: str) -> None:
        """Count one request. Raises `RateLimitedError`, which says when the next one will be let in."""
        counted = self._throttled.limit(digest)
        if counted.limited:
            raise RateLimitedError(max(1, math.ceil(counted.state.retry_after)))


class HourlyAllowance:
    """So many an hour for each key, and two hours' worth after a pause."""

    def __init__(self, an_hour: int) -> None:
        self._throttled = _buckets(per_hour(an_hour, burst=an_hour * _BURST_HOURS))

    def take(self, key: str) -> bool:
        """Count one; tell whether it was within the allowance. What is not within it counts for nothing."""
        return not self._throttled.limit(key).limited


def _buckets(quota: Quota) -> Throttled:
    return Throttled(using=RateLimiterType.GCRA.value, quota=quota, store=MemoryStore(options={"MAX_SIZE": _CALLERS}))
