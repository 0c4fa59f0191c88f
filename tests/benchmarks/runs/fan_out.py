"""End to end under load: the five cases posted as fast as they are accepted, until the last webhook was received."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.cases import KINDS, Cases
from benchmarks.processes import cpu_seconds
from benchmarks.runs.world import World
from benchmarks.scale import Scale

_CONNECTIONS = 16


@dataclass(frozen=True)
class FannedOut:
    """One side: webhooks received a second, from the first POST to the last webhook; CPU of its processes for each."""

    per_second: float
    cpu_milliseconds: float
    delivered: int


async def ours(world: World, scale: Scale) -> FannedOut:
    arrivals = world.listen()
    cpu = cpu_seconds(world.stage.pids)
    answers = await world.stage.intakes().closed(Cases().mixed(scale.cases), connections=_CONNECTIONS)
    await world.settled(arrivals)
    return _result(answers.begun, arrivals.moments, cpu_seconds(world.stage.pids) - cpu)


async def floor(world: World, scale: Scale) -> FannedOut:
    arrivals = world.listen_to_floor()
    cpu = cpu_seconds(world.stage.floor_pids)
    target = world.stage.floor_target("/intakes", 201)
    answers = await target.closed(Cases().mixed(scale.cases), connections=_CONNECTIONS)
    await world.floor_settled(arrivals, sum(len(world.plans[kind]) for kind in KINDS) * scale.cases // len(KINDS))
    return _result(answers.begun, arrivals.moments, cpu_seconds(world.stage.floor_pids) - cpu)


def _result(begun: float, moments: dict[str, float], cpu: float) -> FannedOut:
    delivered = len(moments)
    return FannedOut(delivered / (max(moments.values()) - begun), 1000 * cpu / delivered, delivered)
