"""When an attempt that failed is tried again: durable, spread out, and over after three days."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

SCHEDULE = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 2 * 60, 10 * 60, 60 * 60, 3 * 60 * 60))
"""Waiting times after the first, second, … failure; the last one repeats."""
GIVE_UP_AFTER = timedelta(days=3)
LEASE = timedelta(seconds=20)
"""Twice the longest attempt: after a crash another process takes over."""
_LONGEST_RETRY_AFTER = timedelta(hours=3)
_JITTER = 0.2


def next_attempt_at(
    *, attempts: int, first_attempt_at: datetime, now: datetime, retry_after: timedelta | None = None
) -> datetime | None:
    """Return when to try again after `attempts` failed ones, or None when three days are over.

    `retry_after` is what the receiver asked for (429, 503): it is honoured up to 3 hours. Waiting times vary by a
    fifth, so that a thousand deliveries that failed together do not come back together.
    """
    if now - first_attempt_at >= GIVE_UP_AFTER:
        return None
    if retry_after is not None:
        return now + min(max(retry_after, timedelta(seconds=1)), _LONGEST_RETRY_AFTER)
    delay = SCHEDULE[min(max(attempts, 1), len(SCHEDULE)) - 1]
    return now + delay * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  (spreads load, protects nothing)


_HANDSHAKES = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 15, 60, 5 * 60, 30 * 60))


def next_handshake_at(*, attempts: int, now: datetime) -> datetime:
    """Return when to ask an endpoint again after `attempts` handshakes it did not answer as asked."""
    return now + _HANDSHAKES[min(max(attempts, 1), len(_HANDSHAKES)) - 1]
