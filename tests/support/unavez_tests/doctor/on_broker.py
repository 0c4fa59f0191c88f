"""Faults of RabbitMQ and of what is declared on it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
from pydantic import SecretStr

from unavez_shared.contracts.services import Service
from unavez_shared.doctor import broker
from unavez_shared.doctor.target import Target
from unavez_shared.messaging.topology import EXCHANGE, PARKING_EXCHANGE, parking_name, queue_name, routing_keys_to
from unavez_shared.testing.ports import free_port
from unavez_shared.testing.rabbitmq import RabbitServer, find_server
from unavez_tests.doctor.planting import Planted, bound, planted, settings, target
from unavez_tests.doctor.stage import Stage

_QUEUE = queue_name(Service.NOTIFIER)
_IN_ALARM = " ".join(
    f"rabbit_alarm:set_alarm({{{{resource_limit, {each}, node()}}, []}})," for each in ("memory", "disk")
)
_AT_EASE = " ".join(f"rabbit_alarm:clear_alarm({{resource_limit, {each}, node()}})," for each in ("memory", "disk"))
"""Said to the alarm handler as the broker's own monitors say it: memory and disk of the machine do not matter."""


@asynccontextmanager
async def _refused(stage: Stage) -> AsyncIterator[Target]:
    url = SecretStr(stage.amqp_url.replace("guest:guest", "guest:synthetic"))
    async with settings(amqp_url=url)(stage) as examined:
        yield examined


@asynccontextmanager
async def _exchange_deleted(stage: Stage) -> AsyncIterator[Target]:
    async with stage.channel() as channel:
        await channel.exchange_delete(PARKING_EXCHANGE)
    yield stage.target
    await stage.declare_topology()


@asynccontextmanager
async def _queue_deleted(stage: Stage) -> AsyncIterator[Target]:
    async with stage.channel() as channel:
        await channel.queue_delete(_QUEUE)
    yield stage.target
    await stage.declare_topology()


@asynccontextmanager
async def _queue_of_other_arguments(stage: Stage) -> AsyncIterator[Target]:
    async with stage.channel() as channel:
        await channel.queue_delete(_QUEUE)
        await channel.queue_declare(_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        for key in routing_keys_to(Service.NOTIFIER):
            await channel.queue_bind(_QUEUE, EXCHANGE, key)
        yield stage.target
        await channel.queue_delete(_QUEUE)
    await stage.declare_topology()


@asynccontextmanager
async def _unbound(stage: Stage) -> AsyncIterator[Target]:
    async with stage.channel() as channel:
        await channel.queue_unbind(_QUEUE, EXCHANGE, routing_keys_to(Service.NOTIFIER)[0])
    yield stage.target
    await stage.declare_topology()


@asynccontextmanager
async def _bound_to_more(stage: Stage) -> AsyncIterator[Target]:
    async with stage.channel() as channel:
        await channel.queue_bind(_QUEUE, EXCHANGE, "synthetic.v1.notifier")
        yield stage.target
        await channel.queue_unbind(_QUEUE, EXCHANGE, "synthetic.v1.notifier")


@asynccontextmanager
async def _consumers_away(stage: Stage) -> AsyncIterator[Target]:
    async with stage.at_work(consuming=False):
        yield stage.target


@asynccontextmanager
async def _dead_letter(stage: Stage) -> AsyncIterator[Target]:
    async with stage.channel() as channel:
        await channel.basic_publish(b"no event", exchange=PARKING_EXCHANGE, routing_key=_QUEUE)
        yield stage.target
        await channel.queue_purge(parking_name(Service.NOTIFIER))


@asynccontextmanager
async def _management_refuses(stage: Stage) -> AsyncIterator[Target]:
    url = stage.rabbitmq.management_url.replace("guest:guest", "guest:synthetic")
    yield replace(stage.target, management_url=SecretStr(url))


@asynccontextmanager
async def _in_alarm(stage: Stage) -> AsyncIterator[Target]:
    await asyncio.to_thread(_evaluate, stage.rabbitmq, _IN_ALARM)
    try:
        await _until_alarms(stage, {"memory", "disk"})
        yield stage.target
    finally:
        await asyncio.to_thread(_evaluate, stage.rabbitmq, _AT_EASE)
        await _until_alarms(stage, set())


async def _until_alarms(stage: Stage, wanted: set[str]) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(20):
        while True:
            answer = (await client.get(f"{stage.rabbitmq.management_url}/health/checks/alarms")).json()
            if {each["resource"].split()[0] for each in answer.get("alarms", [])} == wanted:
                return
            await asyncio.sleep(0.05)


def _evaluate(server: RabbitServer, expression: str) -> None:
    if server._container is not None:
        command, environment = [str(shutil.which("docker")), "exec", server._container, "rabbitmqctl"], None
    else:
        command, environment = [str(find_server() / "rabbitmqctl")], server._environment()
    subprocess.run(
        [*command, "eval", f"{expression} ok."], env=environment, check=True, capture_output=True, timeout=60
    )


def _nowhere() -> SecretStr:
    return SecretStr(f"amqp://guest:guest@127.0.0.1:{free_port()}/")


FAULTS: tuple[Planted, ...] = (
    planted("broker_reachable", "away", plant=settings(amqp_url=_nowhere())),
    planted("broker_reachable", "refused", plant=_refused),
    planted("broker_version", "too_old", plant=bound(broker, "OLDEST_VERSION", (9, 0))),
    planted("broker_version", "not_tried", plant=bound(broker, "NEWEST_MAJOR", 2)),
    planted("broker_queues", "exchange_missing", plant=_exchange_deleted),
    planted("broker_queues", "queue_missing", plant=_queue_deleted),
    planted("broker_consumers", "nobody_consumes", plant=_consumers_away),
    planted("dead_letters", "dead_letters", plant=_dead_letter),
    planted("broker_management", "away", plant=target(management_url=SecretStr(f"http://127.0.0.1:{free_port()}"))),
    planted("broker_management", "refused", plant=_management_refuses),
    planted("broker_topology", "arguments_differ", plant=_queue_of_other_arguments),
    planted("broker_topology", "binding_missing", plant=_unbound),
    planted("broker_topology", "binding_foreign", plant=_bound_to_more),
    planted("broker_alarms", "memory", "disk", plant=_in_alarm),
)
