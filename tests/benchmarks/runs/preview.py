"""Plan previews at a fixed rate."""

from __future__ import annotations

import itertools

from benchmarks.cases import KINDS, preview_body
from benchmarks.load import Answers, Target
from benchmarks.runs.world import World
from benchmarks.scale import Scale

PER_SECOND = 100


async def ours(world: World, scale: Scale) -> Answers:
    return await _asked(world.stage.previews(), scale)


async def floor(world: World, scale: Scale) -> Answers:
    """The same server answering as many bytes of nothing."""
    return await _asked(world.stage.floor_target("/preview", 200), scale)


async def _asked(target: Target, scale: Scale) -> Answers:
    bodies = itertools.cycle([preview_body(kind) for kind in KINDS])
    await target.at_rate(lambda: next(bodies), per_second=PER_SECOND, seconds=1)
    return await target.at_rate(lambda: next(bodies), per_second=PER_SECOND, seconds=scale.preview_seconds)
