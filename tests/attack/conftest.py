"""What is attacked: the product in one process with one case in it, and the people who come near that case."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiormq
import pytest

from unavez_local.postgres import EmbeddedPostgres
from unavez_shared.messaging.topology import EXCHANGE
from unavez_shared.testing.ports import free_port
from unavez_shared.testing.rabbitmq import RabbitServer
from unavez_tests.cast import VIGNETTES, Cast, intake_body, play
from unavez_tests.four_processes import start_four_processes
from unavez_tests.world import World, start_one_process


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = start_one_process(tmp_path_factory.mktemp("attacked") / "data", free_port())
    yield world
    assert world.stop() == [0]


@dataclass(frozen=True)
class Spied:
    """Four processes on a broker and a ledger of their own; a queue hears everything that is said from the start."""

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
        url = broker.new_vhost()
        asyncio.run(_listen(url))
        world = start_four_processes(folder, ledger.url, url)
        yield Spied(world, broker, url, ledger.url, folder)
        assert world.stop() == [0, 0, 0, 0]
    finally:
        broker.discard()
        ledger.stop()
        shutil.rmtree(short, ignore_errors=True)


async def _listen(url: str) -> None:
    connection = await aiormq.connect(url)
    channel = await connection.channel()
    await channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
    await channel.queue_declare(SPY, durable=True)
    await channel.queue_bind(SPY, EXCHANGE, "#")
    await connection.close()


@pytest.fixture
def resident(product: World) -> Callable[[], float]:
    """Return what the product's process holds in memory right now, in MiB."""
    return lambda: mebibytes_of(product.processes[0].pid)


@pytest.fixture(scope="session")
def memory_of() -> Callable[[int], float]:
    """Return what a process holds in memory right now, in MiB."""
    return mebibytes_of


def mebibytes_of(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.fixture(scope="package")
def cast(product: World) -> Cast:
    return play(product)


@pytest.fixture
def fresh_intake() -> Callable[[], dict[str, Any]]:
    """Return another synthetic intake at each call."""
    return lambda: intake_body(VIGNETTES[1])
