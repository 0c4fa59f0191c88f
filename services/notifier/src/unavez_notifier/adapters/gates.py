"""What this process has on the way, by lane, subscription and organization, and which subscriptions are slow.

An attempt starts in a lane, and moves to the slow one when it has taken `SLOW_SECONDS`, however it ends then.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from unavez_notifier.domain.lanes import SLOW, SLOW_SECONDS, Lane, Load

_REMEMBERED_SECONDS: Final = 600.0
"""How long a subscription is slow when nothing more is attempted. That it fails stands in the database, for all."""


@dataclass(slots=True, eq=False)
class Attempt:
    """One attempt that is on the way."""

    organization_id: UUID
    subscription_id: UUID
    started_at: float
    is_slow: bool


class Gates:
    """Counts attempts. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._attempts: set[Attempt] = set()
        self._slow_until: dict[UUID, float] = {}

    def enter(self, organization_id: UUID, subscription_id: UUID, lane: Lane) -> Attempt:
        """Count an attempt that starts."""
        attempt = Attempt(organization_id, subscription_id, self._clock(), lane.is_slow)
        self._attempts.add(attempt)
        return attempt

    def leave(self, attempt: Attempt, *, worked: bool) -> None:
        """Count an attempt that ended, and remember how: a success that took long is as slow as a time-out."""
        self._attempts.remove(attempt)
        if worked and self._clock() - attempt.started_at < SLOW_SECONDS:
            self._slow_until.pop(attempt.subscription_id, None)
        else:
            self._remember(attempt.subscription_id)

    def free(self, lane: Lane) -> int:
        """Return how many attempts may start in a lane. What the slow lane has no room for stays in the quick one."""
        self._move()
        slow = sum(attempt.is_slow for attempt in self._attempts)
        quick = len(self._attempts) - slow
        used = slow if lane.is_slow else quick + max(0, slow - SLOW.capacity)
        return max(0, lane.capacity - used)

    def load(self, lane: Lane) -> Load:
        """Return what counts against the shares in a lane."""
        self._move()
        subscriptions = Counter(one.subscription_id for one in self._attempts)
        organizations = Counter(one.organization_id for one in self._attempts if one.is_slow == lane.is_slow)
        known = {*subscriptions, *self._slow_until}
        return Load(
            [(each, subscriptions[each], each in self._slow_until) for each in known], list(organizations.items())
        )

    def _move(self) -> None:
        """Let what takes too long count as slow, and forget what was slow long ago."""
        now = self._clock()
        for attempt in self._attempts:
            if now - attempt.started_at >= SLOW_SECONDS:
                attempt.is_slow = True
                self._remember(attempt.subscription_id)
        for subscription_id in [each for each, until in self._slow_until.items() if until <= now]:
            del self._slow_until[subscription_id]

    def _remember(self, subscription_id: UUID) -> None:
        self._slow_until[subscription_id] = self._clock() + _REMEMBERED_SECONDS
