"""The two ways to run, one behaviour: every test here runs on both pairs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from unavez_local.postgres import EmbeddedPostgres
from unavez_shared.testing.ports import free_port
from unavez_shared.testing.rabbitmq import RabbitServer
from unavez_tests.four_processes import start_four_processes
from unavez_tests.receiver import WebhookReceiver
from unavez_tests.world import World, start_one_process


@pytest.fixture(scope="package", params=["one-process", "four-processes"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    if request.param == "one-process":
        running = start_one_process(folder / "data", free_port())
        yield running
        assert running.stop() == [0]
        return
    rabbitmq: RabbitServer = request.getfixturevalue("rabbitmq")
    server = EmbeddedPostgres(folder / "server")
    server.start()
    try:
        running = start_four_processes(folder, server.url, rabbitmq.new_vhost())
        yield running
        assert running.stop() == [0, 0, 0, 0]
    finally:
        server.stop()


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as server:
        yield server


@pytest.fixture
def log_folder(tmp_path: Path) -> Path:
    return tmp_path
