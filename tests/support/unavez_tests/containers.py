"""A containers installation without an engine: its secrets, roles and rights on real servers, one process a service."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from sqlalchemy.engine import make_url

from unavez_local.composition import PACKAGES
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.broker_definitions import user_name
from unavez_shared.testing.ports import free_port
from unavez_shared.testing.rabbitmq import RabbitServer
from unavez_shared.web.tokens import LocalIssuer

ROOT = Path(__file__).parents[3]
SCRIPTS = ROOT / "deploy" / "containers"
KEY_HOLDERS = {Service.INTAKE, Service.REFERRAL_ROUTER}


def create_secrets(target: Path) -> Path:
    """Create the secrets of an installation; return where they lie."""
    subprocess.run([sys.executable, str(SCRIPTS / "create-secrets.py"), str(target)], check=True, capture_output=True)
    return target


def role_url(secrets: Path, service: Service, file: str, host: Any) -> Any:
    """Return the address in a service's secret, on the server whose socket lies at `host`."""
    given = make_url((secrets / service.value / file).read_text(encoding="utf-8"))
    return given.set(host=None, port=None, query={"host": host})


def define_broker(rabbitmq: RabbitServer, secrets: Path) -> dict[Service, str]:
    """Give a broker the definitions: an empty virtual host, users and their rights. Return each service's URL on it."""
    definitions = json.loads((secrets / "rabbitmq" / "definitions.json").read_text(encoding="utf-8"))
    with httpx.Client(timeout=30) as client:
        client.post(f"{rabbitmq.management_url}/definitions", json=definitions).raise_for_status()
    urls = {}
    for service in Service:
        given = urlsplit((secrets / service.value / "amqp-url").read_text(encoding="utf-8"))
        urls[service] = f"amqp://{given.username}:{given.password}@127.0.0.1:{rabbitmq.port}{given.path}"
    return urls


def forget_broker(rabbitmq: RabbitServer) -> None:
    """Take the virtual host, with every queue and message, and the users away again. Idempotent."""
    with httpx.Client(timeout=30) as client:
        for gone in ("vhosts/unavez", *(f"users/{user_name(service)}" for service in Service)):
            answer = client.delete(f"{rabbitmq.management_url}/{gone}")
            assert answer.is_success or answer.status_code == httpx.codes.NOT_FOUND, answer.text


class Installation:
    """Four processes, each with its own secrets, roles and rights, and nothing of the others."""

    def __init__(
        self, secrets: Path, host: Any, broker: Mapping[Service, str], settings: Mapping[str, str] | None = None
    ) -> None:
        self.secrets = secrets
        self.ports = {service: free_port() for service in Service}
        self.processes: dict[Service, subprocess.Popen[bytes]] = {}
        self._host = host
        self._broker = broker
        self._settings = settings or {}
        self._client = httpx.Client(timeout=30, limits=httpx.Limits(max_keepalive_connections=0))
        self._issuer = LocalIssuer(secrets / "issuer" / "issuer.json")

    def start(self, log: Path) -> None:
        """Migrate as the owners, all at once as the compose file does, then serve."""
        migrations = [
            subprocess.Popen(self._command(service, "migrate"), env=self.environment(service, "owner"))
            for service in Service
        ]
        assert [migration.wait(60) for migration in migrations] == [0] * len(migrations)
        for service in Service:
            with (log / f"{service.value}.log").open("ab") as file:
                self.processes[service] = subprocess.Popen(
                    self._command(service, "serve"), env=self.environment(service, "database"), stdout=file, stderr=file
                )

    def stop(self, *services: Service) -> list[int]:
        """SIGTERM these, or all that run; return their exit codes."""
        stopped = [self.processes.pop(service) for service in services or tuple(self.processes)]
        for process in stopped:
            process.terminate()
        return [process.wait(30) for process in stopped]

    def request(self, method: str, service: Service, path: str, role: Role, who: str, body: Any = None) -> Any:
        token = self._issuer.token(role=role, organization_id=UUID(who), subject=f"test-{role.value}")
        return self._client.request(
            method,
            f"http://127.0.0.1:{self.ports[service]}{service.path}{path}",
            headers={"Authorization": f"Bearer {token}"},
            json=body,
        )

    async def until(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(holds):
                assert all(process.poll() is None for process in self.processes.values()), "a service ended"
                await asyncio.sleep(0.1)

    def is_ready(self) -> bool:
        try:
            answers = [
                self._client.get(f"http://127.0.0.1:{port}{service.path}/health/ready", timeout=5)
                for service, port in self.ports.items()
            ]
        except httpx.TransportError:
            return False
        return all(answer.is_success for answer in answers)

    def environment(self, service: Service, url: str = "database") -> dict[str, str]:
        """Return what a service's container has; `url` = `owner` for that of its migration."""
        own = self.secrets / service.value
        kek = own / "kek.json"
        return {
            "PATH": os.environ["PATH"],
            "UNAVEZ_PORT": str(self.ports[service]),
            "UNAVEZ_DEMO": "true",
            "UNAVEZ_LOG_LEVEL": "WARNING",
            "UNAVEZ_DATABASE_URL": role_url(self.secrets, service, f"{url}-url", self._host).render_as_string(
                hide_password=False
            ),
            "UNAVEZ_AMQP_URL": self._broker[service],
            "UNAVEZ_SEALING_KEYS_DIR": str(own / "events"),
            "UNAVEZ_AUDIT_KEY_FILE": str(own / "audit.key"),
            **({"UNAVEZ_KEK_FILE": str(kek)} if kek.exists() else {}),
            "UNAVEZ_JWKS_FILE": str(self.secrets / "jwks.json"),
            **self._settings,
        }

    def _command(self, service: Service, verb: str) -> list[str]:
        return [sys.executable, "-m", f"{PACKAGES[service]}.main", verb]
