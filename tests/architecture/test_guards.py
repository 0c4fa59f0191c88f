"""Rules of the architecture that a machine can check."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from fastapi import FastAPI

from unavez_directory.messaging.subscriptions import subscriptions as directory_table
from unavez_local.agency_document import agencies
from unavez_local.composition import PACKAGES, Installation, build_services, create_keys
from unavez_local.data_directory import DataDirectory
from unavez_local.documents import asyncapi, event_table
from unavez_notifier.api.event_schemas import SCHEMAS, schema_of
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.events import CATALOGUE, SERVICE_SUSPENDED, consumed_by
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.subscriptions import EventTable
from unavez_shared.persistence.schema import revisions
from unavez_shared.web.guard import ungated_routes

ROOT = Path(__file__).parents[2]
SERVICES = sorted(PACKAGES.items())


def _app(package: str) -> FastAPI:
    app: FastAPI = importlib.import_module(f"{package}.app").create_document_app()
    return app


@pytest.mark.parametrize("package", PACKAGES.values())
def test_every_route_has_a_role_and_an_organization_scope(package: str) -> None:
    assert ungated_routes(_app(package)) == []


def test_subscriptions_declared_are_the_topology(tmp_path: Path) -> None:
    data = DataDirectory.open_or_create(tmp_path / "data", real=False)
    create_keys(data.keys())
    services = build_services(Installation(data=data, keys=data.keys(), database_url="postgresql://nobody@localhost"))
    for each in services:
        handled = each.runtime.inbox.handles if each.runtime.inbox else frozenset()
        assert handled == {event.name for event in consumed_by(each.service)}, each.service


def test_a_service_that_forgets_an_event_refuses_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = DataDirectory.open_or_create(tmp_path / "data", real=False)
    create_keys(data.keys())
    forgetful = EventTable(directory_table().publishes - {SERVICE_SUSPENDED}, consumes={})
    monkeypatch.setattr("unavez_directory.app.subscriptions", lambda: forgetful)
    with pytest.raises(StartupError, match=r"directory: .*publica / publishes: falta / missing service\.suspended\.v1"):
        build_services(Installation(data=data, keys=data.keys(), database_url="postgresql://nobody@localhost"))


@pytest.mark.parametrize("package", [*PACKAGES.values(), "unavez_shared.privacy.keys"])
def test_each_service_has_one_alembic_head(package: str) -> None:
    config = Config()
    config.set_main_option("script_location", f"{package}:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [revisions(package)[-1]]


def test_every_conflict_can_happen_and_says_what_to_do_in_both_languages() -> None:
    sources = [path.read_text(encoding="utf-8") for path in ROOT.glob("*/**/src/**/*.py") if ".venv" not in path.parts]
    for conflict in Conflict:
        assert conflict.value == conflict.name.lower()
        assert conflict.spanish.endswith(".")
        assert conflict.english.endswith(".")
        assert any(f"ConflictError(Conflict.{conflict.name})" in source for source in sources), conflict


def test_a_process_that_serves_does_not_load_what_only_migrations_need() -> None:
    loaded = "".join(
        f"import {name}.app\nif 'alembic' in sys.modules: sys.exit('{name}')\n" for name in PACKAGES.values()
    )
    answer = subprocess.run(
        [sys.executable, "-c", f"import sys\n{loaded}"], check=False, capture_output=True, text=True
    )
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize(("service", "package"), SERVICES)
def test_openapi_document_is_fresh(service: Service, package: str) -> None:
    written = (ROOT / "services" / service.value / "openapi.json").read_bytes()
    generated = subprocess.run([sys.executable, "-m", f"{package}.main", "openapi"], check=True, capture_output=True)
    assert json.loads(written) == json.loads(generated.stdout), "run `make openapi`"


def test_event_documents_are_fresh() -> None:
    assert (ROOT / "docs/asyncapi.json").read_text(encoding="utf-8") == asyncapi(), "run `make openapi`"
    assert (ROOT / "docs/asyncapi-agencies.json").read_text(encoding="utf-8") == agencies(), "run `make openapi`"
    assert (ROOT / "docs/events.md").read_text(encoding="utf-8") == event_table(), "run `make openapi`"


def test_the_schemas_of_events_are_fresh_and_no_other_stands_beside_them() -> None:
    written = {path.name: path.read_bytes() for path in (ROOT / "docs/schemas").iterdir()}
    assert written == {f"{name}.json": schema_of(name) for name in SCHEMAS}, "run `make openapi`"


@pytest.mark.parametrize(("service", "package"), SERVICES)
def test_the_skeleton_is_the_same_four_times(service: Service, package: str) -> None:
    folder = ROOT / "services" / service.value / "src" / package
    expected = {"domain", "use_cases", "adapters", "api", "messaging", "migrations", "main.py", "app.py", "settings.py"}
    assert expected <= {entry.name for entry in folder.iterdir()}
    assert (ROOT / "services" / service.value / "README.md").exists()


def test_every_event_has_a_producer_that_does_not_consume_it() -> None:
    for event in CATALOGUE.values():
        assert event.producer not in event.consumers
        assert event.consumers


def test_no_source_file_grew_past_three_hundred_lines() -> None:
    sources = [path for part in ("services", "shared/src", "deploy") for path in (ROOT / part).rglob("*.py")]
    long = {str(p.relative_to(ROOT)): n for p in sources if "tests" not in p.parts and (n := _lines(p)) > 320}
    assert long == {}


def test_no_log_line_carries_anything_but_a_static_name_and_fields() -> None:
    sources = [p for part in ("services", "shared/src", "deploy") for p in (ROOT / part).rglob("*.py")]
    calls = [
        (p, node) for p in sources for node in ast.walk(ast.parse(p.read_text(encoding="utf-8"))) if _is_log_call(node)
    ]
    assert len(calls) > 10
    loose = [f"{p.relative_to(ROOT)}:{n.lineno}" for p, n in calls if not isinstance(n.args[0], ast.Constant)]
    assert loose == []


def _is_log_call(node: Any) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"debug", "info", "warning", "error", "exception", "critical"}
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
    )


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
