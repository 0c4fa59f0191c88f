"""`unavez demo`: the main job, unattended, on a throw-away installation, told as a readable tree."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import typer
from rich.tree import Tree

from unavez_local import demo_words as words
from unavez_local.data_directory import DataDirectory
from unavez_local.demo_world import FRONTLINE_ORGANIZATION
from unavez_local.texts import err, out
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.errors import StartupError
from unavez_shared.testing.ports import free_port
from unavez_shared.web.tokens import LocalIssuer

_READY_SECONDS = 90.0
_EVENT_SECONDS = 10.0

_ACCEPTS = "PRO-UPE"
_DECLINES = "HLT-CSMC"
"""Declined by the first; another one can be asked."""
_NOBODY_ELSE = "REI-PRI"
"""Declined by the only one: an unmet need."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One agency that was asked, and its token."""

    referral_id: str
    name: str
    headers: dict[str, str]


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
    _say(f"\n[green]✓[/green] Todo pasó en {time.monotonic() - begun:.1f} s, con datos ficticios / fictional data.")
    _say("Ahora usted / now you:  make up  ·  README.md «Post an intake»  ·  docs/integrate")


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
    """Her one interview, the plan, who knew what, three answers: each step over HTTP, as an outsider would."""

    def __init__(self, client: httpx.Client, issuer: LocalIssuer) -> None:
        self._client = client
        self._issuer = issuer
        self._team = self._headers(Role.FRONTLINE, FRONTLINE_ORGANIZATION)

    def tell(self) -> None:
        intake = self._post_intake()
        _say(f"[bold]1. Killa (ficticia / fictional) lo cuenta una vez / tells it once[/bold] · {intake['case_code']}")
        _say("   16 años, quechua, sin documento: la engañaron con un trabajo en Madre de Dios.")
        _say("   16, speaks Quechua, no document: deceived with a job. One interview, one interpreter.\n")
        plan_url = f"/router/v1/cases/{intake['case_id']}/plan"
        rows = self._get(f"{plan_url}?wait=10", self._team)["referrals"]
        asked = {row["service_type"]: self._asked(row) for row in rows if row["referral_status"] == "requested"}
        out.print(_plan_tree(rows, asked))
        out.print(self._before_tree(asked))
        out.print(self._answers_tree(asked, plan_url))
        _say("\n[bold]5. Le preguntaron una vez / she was asked once[/bold]: cada institución leyó su propia ficha.")

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
        return self._post("/intake/v1/intakes", self._team, orjson.loads(text.replace("CAPTURED_AT", now)))

    def _asked(self, row: Any) -> _Asked:
        """Return who is asked for a row, as the team reads it in the referral."""
        referral = self._get(f"/router/v1/referrals/{row['referral_id']}", self._team)
        agency = self._headers(Role.AGENCY, UUID(referral["organization_id"]))
        return _Asked(row["referral_id"], referral["organization_name"], agency)

    def _before_tree(self, asked: Mapping[str, _Asked]) -> Tree:
        tree = Tree("\n[bold]3. Antes de aceptar, cada una ve solo esto / before accepting, each sees only this[/bold]")
        for code, who in asked.items():
            position, event = self._event_of(who)
            packet = self._get(f"/intake/v1/packets/{who.referral_id}", who.headers)
            if "/identity" in packet["fields"]:
                raise StartupError("su nombre se vio antes de aceptar / her name was seen before anybody accepted")
            tree.add(f"{code} · aviso / event {position} · {event['data']['urgency']} · {words.fields(packet)}")
        tree.add(f"[green]✓[/green] Ninguna de las {len(asked)} vio su nombre / nobody saw her name before accepting")
        return tree

    def _event_of(self, who: _Asked) -> tuple[int, Any]:
        deadline = time.monotonic() + _EVENT_SECONDS
        while time.monotonic() < deadline:
            page = self._get("/notifier/v1/events?after=0&limit=500&wait=2", who.headers)
            for position, event in zip(page["positions"], page["events"], strict=True):
                if event["subject"] == who.referral_id:
                    return position, event
        raise StartupError("un aviso no llegó / an event did not arrive")

    def _answers_tree(self, asked: Mapping[str, _Asked], plan_url: str) -> Tree:
        tree = Tree("\n[bold]4. Contestan / they answer[/bold]")
        first = asked[_ACCEPTS]
        self._answer(first, {"to": "accepted"})
        branch = tree.add(f"{first.name} acepta / accepts (accepted) · {words.service(_ACCEPTS)}")
        branch.add(f"ahora ve / now sees: {words.fields(self._accepted_packet(first))}")
        for code, reason in ((_DECLINES, "no_place"), (_NOBODY_ELSE, "out_of_mandate")):
            self._answer(asked[code], {"to": "rejected", "reason": reason})
            branch = tree.add(f"{asked[code].name} declina / declines, {words.refusal(reason)} · {words.service(code)}")
            plan = self._get(plan_url, self._team)
            row = next(row for row in plan["referrals"] if row["service_type"] == code)
            if row["referral_status"] == "requested":
                branch.add(f"se pide a la siguiente / the next is asked: {self._asked(row).name}")
            for need in (need for need in plan["unmet"] if need["service_type"] == code):
                branch.add(f"[red]queda registrado / recorded as unmet:[/red] {words.unmet(need)}")
        return tree

    def _answer(self, who: _Asked, step: dict[str, str]) -> None:
        path = f"/router/v1/referrals/{who.referral_id}"
        version = self._get(path, who.headers)["version"]
        self._post(f"{path}/transitions", who.headers, {**step, "expected_version": version})

    def _accepted_packet(self, who: _Asked) -> Any:
        deadline = time.monotonic() + _EVENT_SECONDS
        while time.monotonic() < deadline:
            packet = self._get(f"/intake/v1/packets/{who.referral_id}", who.headers)
            if packet["stage"] == "accepted":
                return packet
        raise StartupError("la ficha no se abrió / the packet did not open")


def _plan_tree(rows: Sequence[Any], asked: Mapping[str, _Asked]) -> Tree:
    waiting = len(rows) - len(asked)
    tree = Tree(
        f"[bold]2. {len(rows)} servicios pueden ayudarla / {len(rows)} services can help her[/bold]: "
        f"{len(asked)} avisados / notified, {waiting} en espera / waiting"
    )
    for row in rows:
        branch = tree.add(words.service(row["service_type"]))
        if row["service_type"] in asked:
            branch.add(f"{asked[row['service_type']].name} [dim]· {words.terms(row)}[/dim]")
        for code in row["withheld_for"] or ():
            branch.add(f"[yellow]espera / waits[/yellow] ({words.terms(row)}): {words.waits_for(code)}")
    return tree


def _say(line: str) -> None:
    out.print(line, soft_wrap=True)
