"""What a fault is: something done to a running stage, and what must become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from unavez_tests.chaos.harness import Stage
from unavez_tests.chaos.load import Load

Measures = dict[str, float]
"""What was measured meanwhile, in seconds or counts, by name."""

RECOVERY_GOAL_SECONDS = 3.0
"""First delivery after a killed broker or database is back."""


@dataclass(frozen=True)
class Fault:
    """One row of the table."""

    name: str
    inject: Callable[[Stage, Load], Measures | None]
    """Does it, while the load runs. Whatever it leaves broken is healed and started again afterwards."""
    expected: str
    """Besides what the checker always demands: nothing lost, twice, reordered, leaked or left over."""
    in_short_set: bool = False
    on_each_broker: bool = False
    """Also on RabbitMQ 4.0 in `make chaos`: what happens depends on the broker."""
    per_second: float = 4.0
    """Intakes posted meanwhile."""
    timeout_seconds: float = 900.0
    """From the stage's start to its judgement."""
