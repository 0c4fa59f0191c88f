"""`unavez demo`: the main job, unattended, on a throw-away installation, told as a readable tree."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import typer
from rich.tree import Tree

from unavez_local.data_directory import DataDirectory
from unavez_local.demo_world import FRONTLINE_ORGANIZATION
from unavez_local.texts import err, out
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.errors import StartupError
from unavez_shared.testing.ports import free_port
from unavez_shared.web.tokens import LocalIssuer

_READY_SECONDS = 90.0


def demo() -> None:
    """Registra un caso ficticio y muestra a quién llegó / post a fictional intake and show who received what."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="unavez-demo-") as folder:
        data_dir, port = Path(folder) / "data", free_port()
        server = subprocess.Popen(
            [sys.executable, "-m", "unavez_local", "up", "--port", str(port), "--data-dir", str(data_dir)],
            stdout=subprocess.DEVNULL,
            env=_environment(),
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                with err.status("Arrancando PostgreSQL y los cuatro servicios / starting…"):
                    _wait_until_ready(client, server)
                _Story(client, LocalIssuer(DataDirectory.open(data_dir).keys().issuer_file)).tell()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(40)
    out.print(
        f"\n[green]✓[/green] Todo pasó en {time.monotonic() - begun:.1f} s, con datos ficticios / fictional data."
    )


def _environment() -> dict[str, str]:
    """Return ours without a single setting of a real installation: its databases, its broker and its keys stay out."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("UNAVEZ_")}
    return ours | {"UNAVEZ_LOG_LEVEL": "ERROR"}


def _wait_until_ready(client: httpx.Client, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise typer.Exit(server.returncode or 1)
        try:
            if client.get("/health/ready").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise StartupError("no estuvo listo a tiempo / was not ready in time")


class _Story:
    """Intake, plan, offers, one accepted referral: each step over HTTP, as an outsider would."""

    def __init__(self, client: httpx.Client, issuer: LocalIssuer) -> None:
        self._client = client
        self._issuer = issuer
        self._frontline = self._headers(Role.FRONTLINE, FRONTLINE_ORGANIZATION)

    def tell(self) -> None:
        intake = self._post_intake()
        out.print(f"[bold]1. Una sola entrevista[/bold] · caso / case {intake['case_code']}\n")
        plan = self._get(f"/router/v1/cases/{intake['case_id']}/plan?wait=10", self._frontline)
        out.print(self._plan_tree(plan))
        offered = [row for row in plan["referrals"] if row["referral_status"] == "requested" and row["candidates"]]
        out.print(self._received_tree(offered))
        out.print(self._accepted_tree(next(row for row in offered if row["service_type"] == "PRO-UPE")))

    def _headers(self, role: Role, organization_id: UUID) -> dict[str, str]:
        token = self._issuer.token(role=role, organization_id=organization_id, subject=f"demo-{role.value}")
        return {"Authorization": f"Bearer {token}"}

    def _get(self, path: str, headers: dict[str, str]) -> Any:
        response = self._client.get(path, headers=headers)
        response.raise_for_status()
        return response.json()

    def _post(self, path: str, headers: dict[str, str], body: Any) -> Any:
        response = self._client.post(path, headers=headers, json=body)
        response.raise_for_status()
        return response.json()

    def _post_intake(self) -> Any:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        text = files("unavez_local").joinpath("sample_intake.json").read_text(encoding="utf-8")
        return self._post("/intake/v1/intakes", self._frontline, orjson.loads(text.replace("CAPTURED_AT", now)))

    def _plan_tree(self, plan: Any) -> Tree:
        tree = Tree(f"[bold]2. El plan[/bold] · protocolo {plan['protocol_version']} · {plan['status']}")
        for row in plan["referrals"]:
            law = " · ".join(_marked(rule) for rule in row["rules"])
            held = f" [yellow]espera / held: {', '.join(row['withheld_for'])}[/yellow]" if row["withheld_for"] else ""
            branch = tree.add(
                f"{row['service_type']} @{row['jurisdiction']} · {row['basis']} · {row['due_hours']} h · {law}{held}"
            )
            branch.add(f"[dim]{row['rules'][0]['legal_source']}[/dim]")
        for unmet in plan["unmet"]:
            tree.add(f"[red]no existe / unmet:[/red] {unmet['code']} ({unmet['reason']})")
        return tree

    def _received_tree(self, offered: list[Any]) -> Tree:
        tree = Tree("\n[bold]3. Lo que recibió cada institución[/bold] · su aviso y la primera etapa de su ficha")
        for row in offered:
            agency = self._headers(Role.AGENCY, UUID(row["candidates"][0]["organization_id"]))
            event = self._event_of(row["referral_id"], agency)
            packet = self._get(f"/intake/v1/packets/{row['referral_id']}", agency)
            branch = tree.add(f"{row['service_type']} · posición {event[0]} · urgencia {event[1]['data']['urgency']}")
            if packet["handling"]:
                branch.add("cuidado / handling: " + ", ".join(packet["handling"]))
            branch.add("ve / sees: " + (", ".join(sorted(packet["fields"])) or "—"))
        return tree

    def _event_of(self, referral_id: str, agency: dict[str, str]) -> tuple[int, Any]:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            page = self._get("/notifier/v1/events?after=0&limit=500&wait=2", agency)
            for position, event in zip(page["positions"], page["events"], strict=True):
                if event["subject"] == referral_id:
                    return position, event
        raise StartupError("un aviso no llegó / an event did not arrive")

    def _accepted_tree(self, row: Any) -> Tree:
        agency = self._headers(Role.AGENCY, UUID(row["candidates"][0]["organization_id"]))
        referral = self._get(f"/router/v1/referrals/{row['referral_id']}", agency)
        accepted = self._post(
            f"/router/v1/referrals/{row['referral_id']}/transitions",
            agency,
            {"to": "accepted", "expected_version": referral["version"]},
        )
        tree = Tree(f"\n[bold]4. {row['service_type']} acepta[/bold] · {referral['status']} → {accepted['status']}")
        deadline = time.monotonic() + 10
        while True:
            packet = self._get(f"/intake/v1/packets/{row['referral_id']}", agency)
            if packet["stage"] == "accepted" or time.monotonic() > deadline:
                break
        tree.add(f"etapa / stage: {packet['stage']} · constancia / disclosure: {packet['disclosure_code']}")
        tree.add("ahora ve / now sees: " + ", ".join(sorted(packet["fields"])))
        return tree


def _marked(rule: Any) -> str:
    return f"{rule['id']} ({rule['confidence']}{', REVIEW' if rule['needs_review'] else ''})"
