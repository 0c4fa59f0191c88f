"""Fixtures every test may use: a private PostgreSQL 18 and a private RabbitMQ, each started once a run."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from unavez_local.postgres import EmbeddedPostgres
from unavez_shared.persistence.audit import create_audit_key
from unavez_shared.privacy.kek import KeyEncryptionKey
from unavez_shared.privacy.sealing import create_key_material
from unavez_shared.testing.databases import put_away
from unavez_shared.testing.rabbitmq import RabbitServer
from unavez_shared.web.issuer import LocalIssuer
from unavez_tests.sharing import Together


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """Keep on one worker what shares a running product."""
    return Together(config, log) if config.getoption("dist") == "loadgroup" else None


@dataclass(frozen=True)
class PostgresServer:
    """The server of this test run."""

    url: str


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start a private server; it forgets on power loss (fsync off), which no test that uses it is about."""
    directory = Path(tempfile.mkdtemp(prefix="unavez-pg-"))
    server = EmbeddedPostgres(directory, settings={"fsync": "off", "full_page_writes": "off"})
    server.start()
    try:
        yield PostgresServer(server.url)
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def key_material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the keys of a service once a run; a test gets a copy."""
    folder = tmp_path_factory.mktemp("keys")
    create_key_material(folder / "keys", day=datetime.now(UTC).date())
    KeyEncryptionKey.create_file(folder / "kek.json")
    create_audit_key(folder / "audit.json")
    LocalIssuer(folder / "issuer.json").write_jwks(folder / "jwks.json")
    return folder


@pytest.fixture
async def fresh_databases(postgres: PostgresServer) -> str:
    """Return the server's URL after every `unavez_*` database on it has disappeared."""
    await put_away(postgres.url)
    return postgres.url


@pytest.fixture(scope="module")
def module_databases(postgres: PostgresServer) -> str:
    """Return the same for the tests of a module that share what they set up once."""
    asyncio.run(put_away(postgres.url))
    return postgres.url


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitServer]:
    """Start a private broker. Each test takes its own `new_vhost()`."""
    directory = Path(tempfile.mkdtemp(prefix="unavez-mq-"))
    server = RabbitServer(directory)
    server.start()
    try:
        yield server
    finally:
        server.discard()
        shutil.rmtree(directory, ignore_errors=True)
