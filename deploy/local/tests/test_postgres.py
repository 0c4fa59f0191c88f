"""The launcher: adopts, recovers, stops, and stays inside its own directory."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from unavez_local.postgres import EmbeddedPostgres


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    launcher = EmbeddedPostgres(tmp_path / "data")
    yield launcher
    launcher.stop()


def answer(server: EmbeddedPostgres, query: str) -> object:
    async def ask() -> object:
        url = make_url(server.url)
        connection = await asyncpg.connect(
            host=url.query["host"], user=url.username, password=url.password, database="postgres"
        )
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_starts_postgresql_18_on_a_socket_in_a_private_directory(server: EmbeddedPostgres) -> None:
    server.start()
    assert str(answer(server, "SHOW server_version")).startswith("18")
    assert answer(server, "SHOW listen_addresses") == ""
    assert answer(server, "SHOW fsync") == "on"
    assert stat.S_IMODE(server.cluster.resolve().stat().st_mode) == 0o700
    assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700


def test_never_runs_as_root(server: EmbeddedPostgres) -> None:
    server.start()
    pid = server.pid()
    assert pid is not None
    if Path("/proc").exists():
        assert Path(f"/proc/{pid}").stat().st_uid != 0


def test_a_server_that_survived_its_owner_is_adopted_and_stopped(server: EmbeddedPostgres) -> None:
    server.start()
    answer(server, "CREATE TABLE kept AS SELECT 1 AS one")
    adopter = EmbeddedPostgres(server.directory)
    adopter.start()
    assert adopter.pid() == server.pid()
    adopter.stop()
    assert server.pid() is None


def test_a_killed_server_is_started_again_with_its_data(server: EmbeddedPostgres) -> None:
    server.start()
    answer(server, "CREATE TABLE kept AS SELECT 41 + 1 AS number")
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    server.start()
    assert server.pid() != pid
    assert answer(server, "SELECT number FROM kept") == 42


def test_a_long_path_does_not_matter(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / ("d" * 60) / ("e" * 60) / "data")
    server.start()
    try:
        assert answer(server, "SELECT 1") == 1
    finally:
        server.stop()


def test_a_wrong_password_is_refused(server: EmbeddedPostgres) -> None:
    server.start()
    url = make_url(server.url)

    async def intrude() -> None:
        await asyncpg.connect(host=url.query["host"], user=url.username, password="guess", database="postgres")

    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(intrude())
