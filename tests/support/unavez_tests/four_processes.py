"""The product on real RabbitMQ and PostgreSQL: one process a service, as in containers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from unavez_directory.operations import demo_bundle, import_directory
from unavez_local.composition import PACKAGES, Installation, create_keys, migrate
from unavez_local.data_directory import DataDirectory
from unavez_local.readiness import directory_has_arrived
from unavez_shared.contracts.services import Service
from unavez_shared.testing.ports import free_port
from unavez_tests.world import World


def start_four_processes(
    folder: Path, database_url: str, amqp_url: str, logins: Mapping[Service, str] | None = None
) -> World:
    """Migrate, import the demo directory, start `python -m unavez_<service>.main` four times, wait until ready.

    `logins`: the same broker as each service's own user.
    """
    data = DataDirectory.open_or_create(folder / "data", real=False)
    keys = data.keys()
    create_keys(keys)
    installation = Installation(data=data, keys=keys, database_url=database_url, amqp_url=amqp_url)
    asyncio.run(migrate(database_url, lambda _: None))
    asyncio.run(import_directory(installation.settings(Service.DIRECTORY), demo_bundle()))
    ports = {service: free_port() for service in PACKAGES}
    metrics_ports = {service: free_port() for service in PACKAGES}
    world = World(
        data=data,
        bases={service.path: f"http://127.0.0.1:{port}" for service, port in ports.items()},
        metrics=tuple(f"http://127.0.0.1:{port}/metrics" for port in metrics_ports.values()),
        servers={"--database-url": database_url, "--amqp-url": amqp_url},
    )
    for service, package in PACKAGES.items():
        environment = {
            **os.environ,
            "UNAVEZ_PORT": str(ports[service]),
            "UNAVEZ_METRICS_PORT": str(metrics_ports[service]),
            "UNAVEZ_PUBLIC_URL": "http://127.0.0.1:8000",
            "UNAVEZ_DATABASE_URL": database_url,
            "UNAVEZ_AMQP_URL": (logins or {}).get(service, amqp_url),
            "UNAVEZ_DEMO": "true",
            "UNAVEZ_KEK_FILE": str(keys.kek_file),
            "UNAVEZ_SEALING_KEYS_DIR": str(keys.sealing_dir),
            "UNAVEZ_AUDIT_KEY_FILE": str(keys.audit_key_file),
            "UNAVEZ_JWKS_FILE": str(keys.jwks_file),
            "UNAVEZ_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
            "UNAVEZ_RATE_LIMIT": "100000",
            "UNAVEZ_LOG_LEVEL": "WARNING",
        }
        with (folder / f"{service.value}.log").open("ab") as log:
            world.processes.append(
                subprocess.Popen([sys.executable, "-m", f"{package}.main"], env=environment, stdout=log, stderr=log)
            )
    world.wait_until_ready()
    assert asyncio.run(directory_has_arrived(installation, seconds=30))
    return world
