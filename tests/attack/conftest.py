"""What is attacked: the product in one process with one case in it, and the people who come near that case."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiormq
import pytest

from unavez_local.postgres import EmbeddedPostgres
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.topology import EXCHANGE
from unavez_shared.testing.ports import free_port
from unavez_shared.testing.rabbitmq import RabbitServer
from unavez_tests.cast import VIGNETTES, Cast, intake_body, play, report
from unavez_tests.containers import create_secrets, define_broker
from unavez_tests.four_processes import start_four_processes
from unavez_tests.strain import Strain, strained
from unavez_tests.world import World, start_one_process


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = start_one_process(tmp_path_factory.mktemp("attacked") / "data", free_port())
    yield world
    assert world.stop() == [0]


@dataclass(frozen=True)
class Spied:
    """Four processes on a broker and a ledger of their own; a queue hears everything that is said from the start.

    The broker has the users, rights and queues of the product's definitions. The URL is that of its owner.
    """

    world: World
    broker: RabbitServer
    amqp_url: str
    database_url: str
    folder: Path


SPY = "spy"


@pytest.fixture(scope="package")
def spied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spied]:
    folder = tmp_path_factory.mktemp("spied")
    short = Path(tempfile.mkdtemp(prefix="unavez-spied-"))  # socket paths are short
    broker, ledger = RabbitServer(short / "broker"), EmbeddedPostgres(short / "ledger", settings={"fsync": "off"})
    try:
        broker.start()
        ledger.start()
        logins = define_broker(broker, create_secrets(folder / "containers"))
        url = broker.enter_vhost(urlsplit(logins[Service.INTAKE]).path.removeprefix("/"))
        asyncio.run(_listen(url))
        world = start_four_processes(folder, ledger.url, url, logins)
        yield Spied(world, broker, url, ledger.url, folder)
        assert world.stop() == [0, 0, 0, 0]
    finally:
        broker.discard()
        ledger.stop()
        shutil.rmtree(short, ignore_errors=True)


async def _listen(url: str) -> None:
    connection = await aiormq.connect(url)
    channel = await connection.channel()
    await channel.queue_declare(SPY, durable=True)
    await channel.queue_bind(SPY, EXCHANGE, "#")
    await connection.close()


@pytest.fixture
def watched(product: World) -> Callable[[], AbstractContextManager[Strain]]:
    """Watch the product's process while something is thrown at it."""
    return lambda: strained(product.processes[0].pid, product.url("/directory/health/live"))


@pytest.fixture(scope="package")
def cast(product: World) -> Cast:
    return play(product)


@pytest.fixture(scope="package")
def reported(product: World) -> Cast:
    return report(product)


@pytest.fixture
def fresh_intake() -> Callable[[], dict[str, Any]]:
    """Return another synthetic intake at each call."""
    return lambda: intake_body(VIGNETTES[1])
