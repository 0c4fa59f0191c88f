"""The product as outsiders meet it: base URLs, tokens, and the processes behind them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from unavez_local.data_directory import DataDirectory
from unavez_shared.contracts.actor import Role
from unavez_shared.testing.ports import free_port
from unavez_shared.web.tokens import LocalIssuer

READY_SECONDS = 60.0


def frontline_body(vignette: Mapping[str, Any], record_id: str, captured_at: str) -> dict[str, Any]:
    """The intake a frontline app posts for one synthetic vignette: every personal field filled, all synthetic."""
    return {
        "client_record_id": record_id,
        "status": "complete",
        "captured_at": captured_at,
        "form_version": "pe-2026.1",
        "interviewer_code": "CW-12",
        "interview_language": vignette["facts"].get("lang", "spa"),
        "interpreter": "professional" if vignette["facts"].get("spanish_ok") is False else "none",
        "companions": "none",
        "present": True,
        "identity": {
            "name": "Sintetica Nombrefalso Prueba",
            "preferred_name": "Apodofalso",
            "document": {"type": "DNI", "number": "99990001", "country": "PE"},
        },
        "safe_contact": {"allowed": True, "methods": ["in_person"], "value": "contactofalso-777", "hours": "10-12"},
        "facts": dict(vignette["facts"]),
        "places": {**vignette["places"], "current_exact": "direccionfalsa 123 sintetica"},
        "account": "RELATOCOMPLETO sintetico que solo ella conto una vez",
        "account_summary": "RESUMENLEIDO sintetico del relato",
        "details": {
            "crime": "DETALLECRIMEN sintetico",
            "health": "DETALLESALUD sintetico",
            "psychological": "DETALLEPSICO sintetico",
            "family": "DETALLEFAMILIA sintetico",
            "migration": "DETALLEMIGRA sintetico",
            "reintegration": "DETALLEREINSERCION sintetico",
            "readiness": "DETALLEDISPOSICION sintetico",
        },
        "duty_notice": {"told_at": captured_at, "language": "spa", "reaction": "agreed"},
        "consent_all_proposed": True,
        "confirmed_by": "CW-12",
    }


@dataclass
class World:
    """A running product: one process or four."""

    data: DataDirectory
    bases: Mapping[str, str]
    """`/intake` → `http://127.0.0.1:PORT`, and so on: the same paths everywhere."""
    metrics: tuple[str, ...] = ()
    """Where each process shows its metrics."""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))
    servers: Mapping[str, str] = field(default_factory=dict)
    """The servers it runs on, as options of our commands; empty = its own."""

    def headers(self, role: Role, organization_id: str | UUID, subject: str | None = None) -> dict[str, str]:
        issuer = LocalIssuer(self.data.keys().issuer_file)
        token = issuer.token(
            role=role, organization_id=UUID(str(organization_id)), subject=subject or f"test-{role.value}"
        )
        return {"Authorization": f"Bearer {token}"}

    def url(self, path: str) -> str:
        return self.bases["/" + path.split("/", 2)[1].split("?", maxsplit=1)[0]] + path

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.client.get(self.url(path), headers=headers)

    def post(self, path: str, headers: Mapping[str, str] | None, body: Any) -> httpx.Response:
        return self.client.post(self.url(path), headers=headers, json=body)

    def wait_until_ready(self, seconds: float = READY_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        waiting = {f"{base}{path}/health/ready" for path, base in self.bases.items()}
        waiting |= {f"{base}/health/ready" for base in self.bases.values()}
        while waiting:
            assert all(process.poll() is None for process in self.processes), "a service ended while starting"
            assert time.monotonic() < deadline, f"not ready: {waiting}"
            for url in sorted(waiting):
                try:
                    if self.client.get(url, timeout=3).is_success:
                        waiting.discard(url)
                except httpx.TransportError:
                    time.sleep(0.05)

    def stop(self, seconds: float = 30) -> list[int]:
        """SIGTERM everything; return the exit codes."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(seconds) for process in self.processes]
        self.processes.clear()
        self.client.close()
        return codes


def start_one_process(
    data_dir: Path, port: int, *arguments: str, environment: Mapping[str, str] | None = None
) -> World:
    """`unavez up` on its embedded PostgreSQL and in-process bus; `environment` is laid over the tests' own."""
    metrics_port = free_port()
    settings = {
        **os.environ,
        "UNAVEZ_METRICS_PORT": str(metrics_port),
        "UNAVEZ_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
        "UNAVEZ_LOG_LEVEL": "WARNING",
        "UNAVEZ_RATE_LIMIT": "100000",
        **(environment or {}),
    }
    log = (data_dir.parent / "up.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "unavez_local", "up", "--port", str(port), "--data-dir", str(data_dir), *arguments],
        env=settings,
        stdout=log,
        stderr=log,
    )
    log.close()
    base = f"http://127.0.0.1:{port}"
    world = World(
        data=DataDirectory(path=data_dir, demo=True, installation_id=""),
        bases=dict.fromkeys(("/intake", "/directory", "/router", "/notifier"), base),
        metrics=(f"http://127.0.0.1:{metrics_port}/metrics",),
        processes=[process],
    )
    world.wait_until_ready()
    world.data = DataDirectory.open(data_dir)
    return world
