"""The broker of the tests, where only Docker is at hand (a recording stand-in for the engine)."""

from __future__ import annotations

from pathlib import Path

import pytest

from unavez_shared.testing import rabbitmq
from unavez_shared.testing.rabbitmq import CONTAINER_IMAGE, BrokerNotFoundError, RabbitServer


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(rabbitmq, "_CANDIDATES", ())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def test_without_a_server_and_without_docker_the_error_says_so(no_server: Path) -> None:
    with pytest.raises(BrokerNotFoundError):
        RabbitServer(no_server / "mq").start()


def test_without_a_server_a_container_is_started_on_loopback_and_removed(
    no_server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = no_server / "calls"
    docker = no_server / "bin" / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n', encoding="utf-8")
    docker.chmod(0o755)
    monkeypatch.setattr(RabbitServer, "_wait_until_ready", lambda _: None)
    server = RabbitServer(no_server / "mq")

    server.start()
    server.stop()

    started, removed = calls.read_text(encoding="utf-8").splitlines()
    assert started.endswith(CONTAINER_IMAGE)
    assert f"127.0.0.1:{server.port}:5672" in started
    assert removed == f"rm --force unavez-{server.port}"
