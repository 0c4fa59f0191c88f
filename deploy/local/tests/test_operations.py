"""Operating an installation by the URL of its databases, from a machine that holds nothing of it but keys."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import insert
from typer.testing import CliRunner

from unavez_directory.operations import demo_bundle, import_directory
from unavez_local.cli import app
from unavez_local.composition import PACKAGES, Installation, build_services, create_keys
from unavez_local.data_directory import DataDirectory, KeyPaths
from unavez_shared.contracts.errors import ConflictError, StartupError
from unavez_shared.contracts.services import KEYS_DATABASE, Service
from unavez_shared.persistence.database import create_engine
from unavez_shared.persistence.tables import audit, parked
from unavez_shared.testing.databases import create_migrated

EVENT = "00000000-0000-4000-8000-000000000001"
NOWHERE = "postgresql://synthetic@127.0.0.1:1"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys(module_databases: str, tmp_path_factory: pytest.TempPathFactory) -> KeyPaths:
    """Give birth to a demo installation, then lose its data directory: only databases and keys are left."""
    data = DataDirectory.open_or_create(tmp_path_factory.mktemp("birth") / "data", real=False)
    create_keys(data.keys())
    installation = Installation(data, data.keys(), module_databases)
    asyncio.run(fill(installation))
    (data.path / "installation.json").unlink()
    return installation.keys


async def fill(installation: Installation) -> None:
    await create_migrated(installation.database_url, KEYS_DATABASE, "unavez_shared.privacy.keys")
    for service, package in PACKAGES.items():
        await create_migrated(installation.database_url, service.database, package)
    await import_directory(installation.settings(Service.DIRECTORY), few())


@pytest.fixture
def url(module_databases: str, keys: KeyPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the server, with the keys in the environment and the working directory empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNAVEZ_SEALING_KEYS_DIR", str(keys.sealing_dir))
    monkeypatch.setenv("UNAVEZ_AUDIT_KEY_FILE", str(keys.audit_key_file))
    return module_databases


def few() -> dict[str, Any]:
    """Return three services of the demo directory, and whose they are."""
    bundle = demo_bundle()
    services = bundle["services"][:3]
    needed = {service[name] for service in services for name in ("organization_id", "location_id")}
    others = {name: [each for each in bundle[name] if each["id"] in needed] for name in ("organizations", "locations")}
    return {**bundle, **others, "services": services}


async def run(*words: str) -> Result:
    # The commands bring their own event loop.
    return await asyncio.to_thread(CliRunner().invoke, app, words)


async def test_exported_directory_is_imported_again_without_a_change(url: str, tmp_path: Path) -> None:
    exported = await run("directory", "export", "--database-url", url)
    assert exported.exit_code == 0, exported.output
    bundle = json.loads(exported.stdout)
    assert bundle["fictional"] is True
    assert {service["id"] for service in bundle["services"]} == {service["id"] for service in few()["services"]}
    (tmp_path / "bundle.json").write_text(exported.stdout, encoding="utf-8")
    imported = await run("directory", "import", "bundle.json", "--database-url", url)
    assert imported.exit_code == 0, imported.output
    again = await run("directory", "export", "--database-url", url)
    assert json.loads(again.stdout) == bundle


async def test_real_directory_is_not_imported_into_a_demo(url: str, tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text(json.dumps({**few(), "fictional": False}), encoding="utf-8")
    refused = await run("directory", "import", "real.json", "--database-url", url)
    assert refused.exit_code != 0
    assert isinstance(refused.exception, ConflictError)
    assert refused.exception.code == "fictional_mismatch"
    assert str(refused.exception).startswith("Los datos ficticios no entran en una instalación real")


async def test_audit_names_the_row_nobody_sealed(url: str) -> None:
    sound = await run("audit", "verify", "--database-url", url)
    assert (sound.exit_code, sound.output.count("✓")) == (0, 4), sound.output
    engine = create_engine(url, Service.INTAKE.database, pool_size=1)
    async with engine.begin() as connection:
        await connection.execute(insert(audit).values(at=MOMENT, action="synthetic", detail={}))
    await engine.dispose()
    found = await run("audit", "verify", "--database-url", url)
    assert (found.exit_code, found.output.count("✓")) == (1, 3)
    assert "✗ intake: 1" in found.output


async def test_a_token_names_its_subject_and_stands_in_the_audit_of_intake(url: str, tmp_path: Path) -> None:
    data = DataDirectory.open_or_create(tmp_path / "data", real=False)
    create_keys(data.keys())
    asked = ("token", "--data-dir", str(data.path), "--role", "agency", "--organization", EVENT)
    named, unnamed = await run(*asked, "--subject", "synthetic-person"), await run(*asked)
    assert (named.exit_code, named.stderr) == (0, "")
    assert "agency-1" in unnamed.stderr
    assert "--subject" in unnamed.stderr
    intake = next(
        each for each in build_services(Installation(data, data.keys(), url)) if each.service is Service.INTAKE
    ).runtime
    recording = [asyncio.create_task(loop(intake.stopping)) for loop in intake.loops]
    issued = audit.select().where(audit.c.action == "token_issued").order_by(audit.c.id)
    async with asyncio.timeout(10), intake.database.engine.connect() as connection:
        while len(rows := (await connection.execute(issued)).all()) < 2:
            await connection.rollback()
            await asyncio.sleep(0.05)
    intake.stopping.set()
    await asyncio.gather(*recording)
    await intake.database.close()
    assert {row.subject_id for row in rows} == {"synthetic-person", "agency-1"}
    assert {(row.detail["role"], row.detail["organization_id"]) for row in rows} == {("agency", EVENT)}
    written = [note.read_text(encoding="utf-8") for note in data.path.rglob("issued/*")]
    assert (written, json.dumps([row.detail for row in rows]).count("eyJ")) == ([], 0)


async def test_parked_message_is_listed_tried_again_and_thrown_away(url: str) -> None:
    engine = create_engine(url, Service.INTAKE.database, pool_size=1)
    async with engine.begin() as connection:
        await connection.execute(
            insert(parked).values(
                event_id=EVENT, routing_key="pe.unavez.referral.offered.v1", subject="synthetic", sequence=1, body=b"x",
                reason="handler_failed", attempts=13, next_attempt_at=None, parked_at=MOMENT,
            )
        )  # fmt: skip
    options = ("--database-url", url)
    listed = await run("parked", "list", *options)
    assert (listed.exit_code, "intake" in listed.output, "handler" in listed.output) == (0, True, True), listed.output
    assert (await run("parked", "retry", EVENT, "--service", "intake", *options)).exit_code == 0
    async with engine.connect() as connection:
        (waiting,) = (await connection.execute(parked.select())).all()
    assert waiting.next_attempt_at is not None
    assert (await run("parked", "discard", EVENT, "--service", "intake", *options)).exit_code == 0
    gone = await run("parked", "discard", EVENT, "--service", "intake", *options)
    assert isinstance(gone.exception, ConflictError)
    async with engine.connect() as connection:
        rows = (await connection.execute(audit.select().order_by(audit.c.id))).all()
        assert (await connection.execute(parked.select())).all() == []
    await engine.dispose()
    assert [row.action for row in rows if row.subject_id == EVENT] == [
        "parked_message_retried",
        "parked_message_discarded",
    ]


async def test_a_parked_message_shows_when_it_is_tried_next_and_a_dash_when_it_waits_for_a_person(url: str) -> None:
    due = datetime(2031, 12, 30, 23, 58, 59, tzinfo=UTC)
    engine = create_engine(url, Service.INTAKE.database, pool_size=1)
    async with engine.begin() as connection:
        for number, next_attempt_at in enumerate((due, None), 1):
            await connection.execute(
                insert(parked).values(
                    event_id=f"e-{number}", routing_key="plan.made.v1", subject="synthetic", sequence=1, body=b"x",
                    reason="KeyError", attempts=number, next_attempt_at=next_attempt_at, parked_at=MOMENT,
                )
            )  # fmt: skip
    listed = await run("parked", "list", "--database-url", url)
    async with engine.begin() as connection:
        await connection.execute(parked.delete())
    await engine.dispose()
    lines = listed.output.splitlines()
    (first,) = (position for position, line in enumerate(lines) if "e-1" in line)
    # A narrow terminal breaks the cell between date and time.
    assert "2031-12-30" in lines[first], listed.output
    assert any("23:58:59" in line for line in lines[first : first + 2]), listed.output
    (waiting,) = (line for line in lines if "e-2" in line)
    assert waiting.rstrip(" │").endswith("-"), listed.output
    assert "próximo" in listed.output


async def test_server_that_does_not_answer_says_what_to_look_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = await run("audit", "verify", "--database-url", NOWHERE)
    assert isinstance(answer.exception, StartupError)
    assert "--database-url" in str(answer.exception)


async def test_named_data_directory_has_to_exist_even_beside_a_url(tmp_path: Path) -> None:
    answer = await run("audit", "verify", "--data-dir", str(tmp_path / "mistyped"), "--database-url", NOWHERE)
    assert isinstance(answer.exception, StartupError)
    assert "mistyped" in str(answer.exception)
