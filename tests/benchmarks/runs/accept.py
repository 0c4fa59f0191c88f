"""Accepting: one intake process, with its relay and its audit sealer; nobody else runs."""

from __future__ import annotations

import itertools

from benchmarks.cases import Cases
from benchmarks.scale import Scale
from benchmarks.stage import Stage
from unavez_shared.contracts.services import Service

_CONNECTIONS = 32
_WARM_UP = 200


async def run(stage: Stage, scale: Scale) -> tuple[float, float]:
    """Post as fast as it is answered, in turns; return intakes answered 201 a second by the product and the floor."""
    cases = Cases()
    amqp_url, floor_amqp_url = await stage.new_vhost(), await stage.new_vhost()
    await stage.start_services([Service.INTAKE], amqp_url)
    await stage.start_floor(["accept"], floor_amqp_url)
    targets = [stage.intakes(), stage.floor_target("/intakes", 201)]
    answered, seconds = [0, 0], [0.0, 0.0]
    for target in targets:
        await target.closed(cases.mixed(_WARM_UP), connections=_CONNECTIONS)
    for _, side in itertools.product(range(scale.rounds), range(len(targets))):
        endless = (body for _ in itertools.count() for body in cases.mixed(5))
        answers = await targets[side].closed(endless, connections=_CONNECTIONS, seconds=scale.accept_seconds)
        answered[side] += len(answers.seconds)
        seconds[side] += answers.ended - answers.begun
    stage.stop_services()
    stage.stop_floor()
    await _forget(stage, amqp_url, floor_amqp_url)
    return answered[0] / seconds[0], answered[1] / seconds[1]


async def _forget(stage: Stage, amqp_url: str, floor_amqp_url: str) -> None:
    """What was accepted here is not routed: the runs that follow begin with nothing on its way."""
    connection = await stage.database(Service.INTAKE)
    await connection.execute("TRUNCATE outbox")
    await connection.close()
    await stage.reset_floor()
    for url in (amqp_url, floor_amqp_url):
        await stage.forget_messages(url)
