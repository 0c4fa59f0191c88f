"""A client that a generator makes of the merged document does the main job, from the preview to the acceptance."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from unavez_tests.pages import ROOT

HSDS = "../services/directory/hsds.json#/$defs/"
FACTS = {"age": 29, "gender": "F", "incident": ["GBV_PARTNER"], "wants_report": "yes", "needs_shelter": True}
PLACES = {"current": "150101"}
OFFERED = "pe.unavez.referral.offered.v1"


def bundled() -> dict[str, Any]:
    """Return the merged document with HSDS inside, as `redocly bundle` does: openapi-python-client reads one file."""
    text = (ROOT / "docs/openapi.json").read_text(encoding="utf-8").replace(HSDS, "#/components/schemas/")
    file = (ROOT / "services/directory/hsds.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    document["components"]["schemas"] |= json.loads(file.replace("#/$defs/", "#/components/schemas/"))["$defs"]
    return document


@pytest.fixture
def python_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the package `unavez_client` importable; a warning of the generator fails."""
    (tmp_path / "openapi.json").write_text(json.dumps(bundled()), encoding="utf-8")
    (tmp_path / "config.yml").write_text("post_hooks: []\n", encoding="utf-8")
    made = subprocess.run(
        [
            *(sys.executable, "-c", "from openapi_python_client.cli import app; app()", "generate"),
            *("--path", "openapi.json", "--config", "config.yml", "--meta", "none", "--fail-on-warning"),
            *("--output-path", "unavez_client"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (made.returncode, "arning" in made.stdout + made.stderr) == (0, False), made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path)


def tokens(folder: Path) -> dict[str, str]:
    """Return what the pages source: URL, FRONTLINE and AGENCY."""
    lines = (folder / ".unavez/tokens.env").read_text(encoding="utf-8").splitlines()
    pairs = (line.removeprefix("export ").split("=", 1) for line in lines if "=" in line)
    return {name: value.strip("'\"") for name, value in pairs}


@pytest.mark.usefixtures("python_client")
def test_a_generated_python_client_does_the_main_job(demo: tuple[Path, dict[str, str]]) -> None:
    url, frontline, agency = (tokens(demo[0])[name] for name in ("URL", "FRONTLINE", "AGENCY"))
    client = importlib.import_module("unavez_client").AuthenticatedClient
    models = importlib.import_module("unavez_client.models")
    with client(base_url=url, token=frontline) as team, client(base_url=url, token=agency) as receiver:
        do_the_main_job(models, team, receiver)


def do_the_main_job(models: Any, team: Any, receiver: Any) -> None:
    """Preview, intake and plan of the team; offer, packet and acceptance of the agency."""

    def call(operation: str, who: Any, *path: Any, **arguments: Any) -> Any:
        return importlib.import_module(f"unavez_client.api.{operation}").sync(*path, client=who, **arguments)

    notice = {"told_at": datetime.now(UTC).isoformat(), "language": "spa", "reaction": "agreed"}
    asked = {"facts": FACTS, "places": PLACES, "duty_notice": notice, "consent_all_proposed": True}
    preview = call("plans.post_preview", team, body=models.PreviewBody.from_dict(asked))
    assert preview.referrals
    interview = {
        **asked,
        "client_record_id": str(uuid4()),
        "captured_at": datetime.now(UTC).isoformat(),
        "account": "Relato sintético.",
        "confirmed_by": "CW-12",
    }
    before = call("events.get_events", receiver, after=0, limit=500).next_
    case = call("intakes.post_intake", team, body=models.IntakeBody.from_dict(interview))
    plan = call("plans.get_plan", team, case.case_id, wait=10)
    assert (plan.status, len(plan.referrals)) == ("confirmed", len(preview.referrals))

    offers: list[Any] = []
    while not offers:
        page = call("events.get_events", receiver, after=before, wait=10)
        assert page.events, "no offer within ten seconds"
        offers, before = [event for event in page.events if event.type_ == OFFERED], page.next_
    referral_id = offers[0].subject
    assert call("packets.get_packet", receiver, referral_id).stage == "offer"
    referral = call("referrals.get_referral", receiver, referral_id)
    step = models.TransitionBody.from_dict({"to": "accepted", "expected_version": referral.version})
    assert call("referrals.post_transition", receiver, referral_id, body=step).status == "accepted"


def test_a_generated_typescript_client_does_the_main_job(demo: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    tools = ROOT / "tests/openapi/node_modules"
    if shutil.which("node") is None or not (tools / ".bin/openapi-ts").exists():
        pytest.skip("no ejecutado / not run: node, and what tests/openapi/lint.sh installs")
    shutil.copy(ROOT / "tests/docs/main_job.ts", tmp_path)
    program = ["main_job.ts", "--outDir", "made", "--target", "es2022", "--module", "nodenext", "--strict"]
    steps = [
        [tools / ".bin/openapi-ts", "-i", ROOT / "docs/openapi.json", "-o", "client", "-c", "@hey-api/client-fetch"],
        [tools / ".bin/tsc", *program, "--types", "node", "--typeRoots", tools / "@types", "--skipLibCheck"],
        ["node", "made/main_job.js"],
    ]
    for step in steps:
        done = subprocess.run(
            [str(part) for part in step],
            cwd=tmp_path,
            env={**os.environ, **tokens(demo[0])},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == "confirmed offer accepted"
