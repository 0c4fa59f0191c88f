"""Where everything is measured: one private PostgreSQL that keeps its promises (fsync on), one private RabbitMQ, the
product's services as processes, and the floor's."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx

from benchmarks.floor import accept, deliver, plumbing, route
from benchmarks.http import Receiver
from benchmarks.load import Target
from benchmarks.processes import start_floor, stop
from unavez_directory.operations import demo_bundle, import_directory
from unavez_local.composition import Installation, create_keys, migrate
from unavez_local.data_directory import DataDirectory
from unavez_local.postgres import EmbeddedPostgres
from unavez_local.readiness import directory_has_arrived
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.services import Service
from unavez_shared.testing.ports import free_port
from unavez_shared.testing.rabbitmq import RabbitServer
from unavez_tests.chaos.load import Tokens
from unavez_tests.chaos.replicas import Replica

READY_SECONDS = 60


class Stage:
    """Servers, keys and databases of one run. Services and floor are started by the runs that measure them."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="unavez-bench-"))
        self.postgres = EmbeddedPostgres(self.folder / "server")
        self.broker = RabbitServer(self.folder / "broker")
        self.receiver = Receiver()
        self.data = DataDirectory.open_or_create(self.folder / "data", real=False)
        self.keys = self.data.keys()
        self.replicas: dict[Service, Replica] = {}
        self.floor: dict[str, subprocess.Popen[bytes]] = {}
        self.frontline_organization = str(uuid4())
        create_keys(self.keys)
        self.tokens = Tokens(self.keys.issuer_file)

    async def start(self) -> None:
        """Start the servers, make the databases of both, import the demo directory."""
        await self.receiver.start()
        await asyncio.gather(asyncio.to_thread(self.postgres.start), asyncio.to_thread(self.broker.start))
        self.installation = Installation(data=self.data, keys=self.keys, database_url=self.postgres.url)
        await migrate(self.postgres.url, lambda _: None)
        await import_directory(self.installation.settings(Service.DIRECTORY), demo_bundle())
        await self.reset_floor()

    async def new_vhost(self) -> str:
        return await asyncio.to_thread(self.broker.new_vhost)

    async def forget_messages(self, url: str) -> None:
        """Delete a virtual host with everything in it."""
        async with httpx.AsyncClient(timeout=30) as client:
            (await client.delete(f"{self.broker.management_url}/vhosts/{url.rpartition('/')[2]}")).raise_for_status()

    async def stop(self) -> None:
        await asyncio.to_thread(self.stop_services)
        self.stop_floor()
        await self.receiver.stop()
        await asyncio.to_thread(self.postgres.stop)
        await asyncio.to_thread(self.broker.stop)
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- the product -----------------------------------------------------------------------------------------------

    async def start_services(self, services: Sequence[Service], amqp_url: str) -> None:
        """Start one process of each service, as in containers, and wait until they are ready."""
        for service in services:
            self.replicas[service] = Replica(service, 1, self._environment(amqp_url), self.folder / f"{service}.log")
            self.replicas[service].start()
        for service in services:
            await asyncio.to_thread(self.replicas[service].wait_until_ready)
        if Service.DIRECTORY in services and not await directory_has_arrived(self.installation, seconds=READY_SECONDS):
            raise RuntimeError("the router did not hear of the directory")

    def stop_services(self) -> None:
        for replica in self.replicas.values():
            if replica.is_alive():
                replica.terminate()
        self.replicas.clear()

    @property
    def pids(self) -> list[int]:
        return [replica.pid for replica in self.replicas.values()]

    def intakes(self) -> Target:
        return self._frontline(Service.INTAKE, "/intake/v1/intakes", 201)

    def previews(self) -> Target:
        return self._frontline(Service.REFERRAL_ROUTER, "/router/v1/plans/preview", 200)

    def _frontline(self, service: Service, path: str, expected: int) -> Target:
        headers = self.tokens.headers(Role.FRONTLINE, self.frontline_organization)
        return Target(self.replicas[service].base + path, headers, expected)

    async def database(self, service: Service) -> asyncpg.Connection:
        """Open a connection of our own to a service's database."""
        return await plumbing.connect(self.postgres.url, service.database)

    def _environment(self, amqp_url: str) -> Mapping[str, str]:
        return {
            **os.environ,
            "UNAVEZ_PUBLIC_URL": "http://127.0.0.1:8000",
            "UNAVEZ_DATABASE_URL": self.postgres.url,
            "UNAVEZ_AMQP_URL": amqp_url,
            "UNAVEZ_DEMO": "true",
            "UNAVEZ_KEK_FILE": str(self.keys.kek_file),
            "UNAVEZ_SEALING_KEYS_DIR": str(self.keys.sealing_dir),
            "UNAVEZ_AUDIT_KEY_FILE": str(self.keys.audit_key_file),
            "UNAVEZ_JWKS_FILE": str(self.keys.jwks_file),
            "UNAVEZ_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
            "UNAVEZ_RATE_LIMIT": "100000",
            "UNAVEZ_LOG_LEVEL": "WARNING",
        }

    # --- the floor -------------------------------------------------------------------------------------------------

    async def start_floor(self, parts: Sequence[str], amqp_url: str, **settings: str) -> None:
        """Start processes of the floor; return when the one that serves HTTP answers."""
        self._floor_port = free_port()
        environment = {
            "FLOOR_DATABASE_URL": self.postgres.url,
            "FLOOR_AMQP_URL": amqp_url,
            "FLOOR_PORT": str(self._floor_port),
            "FLOOR_HOOK": self.receiver.url(""),
            "FLOOR_HOOK_PORT": str(self.receiver.port),
            "FLOOR_PREVIEW_BYTES": "20000",
            "FLOOR_SEALS": "no",
            **settings,
        }
        for part in parts:
            self.floor[part] = start_floor(part, self.folder / f"floor-{part}.log", environment)
        async with asyncio.timeout(READY_SECONDS):
            while True:
                try:
                    (await self.floor_target("/preview", 200).connect()).close()
                except OSError:
                    self._check_floor()
                    await asyncio.sleep(0.05)
                else:
                    break
        await asyncio.sleep(1)  # the others connect as fast; none of them tells

    async def reset_floor(self) -> None:
        """Give the floor empty databases."""
        for part in (accept, route, deliver):
            await plumbing.create_database(self.postgres.url, part.DATABASE, *part.TABLES)

    def stop_floor(self) -> None:
        stop(list(self.floor.values()))
        self.floor.clear()

    def floor_target(self, path: str, expected: int) -> Target:
        return Target(f"http://127.0.0.1:{self._floor_port}{path}", {}, expected)

    @property
    def floor_pids(self) -> list[int]:
        self._check_floor()
        return [process.pid for process in self.floor.values()]

    def _check_floor(self) -> None:
        for part, process in self.floor.items():
            if process.poll() is not None:
                log = (self.folder / f"floor-{part}.log").read_text(encoding="utf-8")
                raise RuntimeError(f"the floor's {part} ended:\n{log[-2000:]}")
