"""What a hundred times as much costs: a larger directory, a longer backlog."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from statistics import median

from benchmarks.cases import KINDS, preview_body
from benchmarks.runs.relay import drained
from benchmarks.runs.world import World
from benchmarks.scale import Scale
from benchmarks.stage import Stage
from unavez_shared.contracts.services import Service

_TIMES = 4

_COPY = """
INSERT INTO services (service_id, sequence, changed, state, available, capacity_reported_at)
SELECT new.id, sequence, (SELECT version + 1 FROM projection),
       jsonb_set(state, '{service_id}', to_jsonb(new.id::text)), available, capacity_reported_at
FROM services CROSS JOIN generate_series(1, $1::int) AS copy
CROSS JOIN LATERAL (SELECT gen_random_uuid() AS id, services.service_id, copy) AS new
"""


async def backlogs(stage: Stage, scale: Scale) -> Mapping[int, float]:
    """Return microseconds a row for outboxes of these lengths."""
    return {rows: 1e6 / await drained(stage, rows) for rows in scale.curve_backlogs}


async def directories(world: World, scale: Scale) -> Mapping[int, float]:
    """Return milliseconds a preview (median) when every service of the directory exists so many times.

    The copies serve the same places, so every search finds so many times the candidates: the worst a directory of this
    size can do.
    """
    database = await world.stage.database(Service.REFERRAL_ROUTER)
    costs, size = {}, 1
    for times in scale.curve_directories:
        if times > size:
            await database.execute(_COPY, times // size - 1)
            await database.execute("UPDATE projection SET version = version + 1")
            size = times
        costs[times] = await _preview(world)
    await database.close()
    return costs


async def _preview(world: World) -> float:
    previews = world.stage.previews()
    connection = await previews.connect()
    seconds = []
    for turn in range(_TIMES + 1):
        for kind in KINDS:
            begun = time.monotonic()
            await previews.ask(connection, preview_body(kind))
            if turn:  # the first asks bring the snapshot up to date
                seconds.append(time.monotonic() - begun)
    connection.close()
    return 1000 * median(seconds)


def slope(costs: Mapping[int, float]) -> float:
    """Return the exponent of growth between the smallest and the largest: 0 = costs the same, 1 = grows with it."""
    small, large = min(costs), max(costs)
    return math.log(costs[large] / costs[small]) / math.log(large / small)
