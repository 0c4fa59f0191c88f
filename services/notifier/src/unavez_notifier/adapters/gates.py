"""How many deliveries may be on their way to one subscription: a slow endpoint must not hold everybody's places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

ALLOWANCE = 32
"""Attempts at once for a subscription that works."""
_PROBES = 1
"""Attempts at once for one whose last attempt failed."""


class Gates:
    """What this process has on its way, by subscription."""

    def __init__(self) -> None:
        self._in_flight: Counter[UUID] = Counter()
        self._failing: set[UUID] = set()

    def enter(self, subscription_id: UUID) -> None:
        """Count an attempt that starts."""
        self._in_flight[subscription_id] += 1

    def leave(self, subscription_id: UUID, *, worked: bool) -> None:
        """Count an attempt that ended, and remember how."""
        self._in_flight[subscription_id] -= 1
        if not self._in_flight[subscription_id]:
            del self._in_flight[subscription_id]
        if worked:
            self._failing.discard(subscription_id)
        else:
            self._failing.add(subscription_id)

    def exceptions(self) -> Sequence[tuple[UUID, int]]:
        """Return what is left to each subscription whose allowance is not the full one."""
        return [
            (
                subscription_id,
                max(0, (_PROBES if subscription_id in self._failing else ALLOWANCE) - self._in_flight[subscription_id]),
            )
            for subscription_id in {*self._in_flight, *self._failing}
        ]
