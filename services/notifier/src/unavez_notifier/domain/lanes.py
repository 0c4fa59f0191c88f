"""How many deliveries may be on the way at once: two lanes, so that a slow endpoint holds up nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

SLOW_SECONDS: Final = 2.0
"""An endpoint that takes longer is slow, whatever it answers."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Attempts on the way at once, in one process: in all, of an organization, to a subscription."""

    is_slow: bool
    capacity: int
    each_organization: int
    each_subscription: int


QUICK: Final = Lane(is_slow=False, capacity=128, each_organization=32, each_subscription=32)
SLOW: Final = Lane(is_slow=True, capacity=128, each_organization=8, each_subscription=1)
"""For what is failing or slow: one attempt at a time until one is quick."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is on the way in this process and counts against the shares of a claim in one lane."""

    subscriptions: Sequence[tuple[UUID, int, bool]] = ()
    """How many, in either lane, and whether it is slow: each subscription of which there is something to say."""
    organizations: Sequence[tuple[UUID, int]] = ()
    """How many in the lane: each organization that has something there."""
