"""From the 201 to each webhook of the case, one case at a time."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

from benchmarks.cases import KINDS, Cases
from benchmarks.load import Target
from benchmarks.runs.world import Arrivals, World
from benchmarks.scale import Scale

_PAUSE_SECONDS = (0.05, 0.25)
"""Between two cases: at random, so that no poll of anybody falls into step with us."""
_PATIENCE_SECONDS = 10


async def ours(world: World, scale: Scale) -> list[float]:
    """Return milliseconds."""
    return await _each(world, scale, world.stage.intakes(), world.listen)


async def floor(world: World, scale: Scale) -> list[float]:
    """Return milliseconds."""
    return await _each(world, scale, world.stage.floor_target("/intakes", 201), world.listen_to_floor)


async def _each(world: World, scale: Scale, target: Target, listen: Callable[[], Arrivals]) -> list[float]:
    cases, pauses = Cases(), random.Random(1)  # noqa: S311  (the same pauses each time)
    connection = await target.connect()
    milliseconds: list[float] = []
    for number in range(scale.latency_cases):
        kind = KINDS[number % len(KINDS)]
        arrivals = listen()
        await target.ask(connection, cases.body(kind))
        answered = time.monotonic()
        await _arrive(arrivals, len(world.plans[kind]))
        milliseconds += [1000 * (moment - answered) for moment in arrivals.moments.values()]
        await asyncio.sleep(pauses.uniform(*_PAUSE_SECONDS))
    connection.close()
    return milliseconds


async def _arrive(arrivals: Arrivals, expected: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while len(arrivals.moments) < expected:
        await asyncio.sleep(0.002)
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(arrivals.moments)} of {expected} webhooks came")
