"""`unavez doctor` sees every fault that is planted on a real installation, and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from unavez_local.cli import app
from unavez_local.commands.doctor import _show
from unavez_local.data_directory import DataDirectory
from unavez_local.examined import CHECKS
from unavez_shared.contracts.services import Service
from unavez_shared.doctor import examination
from unavez_shared.doctor.examination import examine
from unavez_shared.doctor.model import GENERAL, Check, Finding, Result, Status, document, found
from unavez_shared.doctor.target import Target
from unavez_shared.testing.ports import free_port
from unavez_shared.testing.rabbitmq import RabbitServer
from unavez_tests.doctor import on_broker, on_database, on_keys
from unavez_tests.doctor.planting import Planted
from unavez_tests.doctor.stage import DUTY, Stage, staged

FAULTS = (*on_database.FAULTS, *on_keys.FAULTS, *on_broker.FAULTS)
NEIGHBOURS = {
    on_database.FAULTS: ("databases", "audit", "messages", "unavez_referral_router.doctor", "unavez_notifier.doctor"),
    on_keys.FAULTS: ("keys", "surroundings"),
    on_broker.FAULTS: ("broker", "broker_management"),
}
"""The modules whose checks walk together: those that look at the same server, or at files. The whole walk is slow."""
RUNBOOKS = Path(__file__).parents[3] / "docs" / "runbooks"
BY_CODE = {check.code: check for check in CHECKS}
HARMLESS_SKIPS = {"broker_consumers": "nothing_runs"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, rabbitmq: RabbitServer) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("doctor")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("UNAVEZ_")]:
            patch.delenv(name)
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setenv("UNAVEZ_DUTY_ORGANIZATION", str(DUTY))
        with staged(folder, rabbitmq) as made:
            yield made


@pytest.fixture(scope="module")
def sound(stage: Stage) -> dict[str, Any]:
    """Return the examination of the installation before anything was planted."""
    return document(asyncio.run(examine(stage.target, CHECKS)))


def statuses(results: list[Result], status: Status) -> set[str]:
    return {result.check.code for result in results if result.status is status}


def test_a_sound_installation_is_green_and_says_what_it_could_not_see(sound: dict[str, Any]) -> None:
    assert sound["ok"] is True
    not_green = {each["code"]: each["detail_code"] for each in sound["checks"] if each["status"] != "ok"}
    assert not_green == HARMLESS_SKIPS


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.check}-{'-'.join(sorted(fault.codes))}")
async def test_a_planted_fault_turns_exactly_its_check(fault: Planted, stage: Stage, sound: dict[str, Any]) -> None:
    assert sound["ok"], "green before"
    check = BY_CODE[fault.check]
    modules = next(modules for faults, modules in NEIGHBOURS.items() if fault in faults)
    walk = [each for each in CHECKS if each.look.__module__.removeprefix("unavez_shared.doctor.") in modules]
    assert check in walk
    wanted = check.advice[next(iter(fault.codes))].status
    async with fault.plant(stage) as target:
        results = await examine(target, walk)
    assert statuses(results, Status.FAILED) == ({check.code} if wanted is Status.FAILED else set())
    assert statuses(results, Status.WARNING) == ({check.code} if wanted is Status.WARNING else set())
    seen = next(result for result in results if result.check is check)
    assert fault.codes <= {finding.code for finding in seen.findings}
    waiting = {f.where["check"] for each in results for f in each.findings if f.code == "needs_another"}
    assert all(code == check.code or _waits_for(BY_CODE[str(code)], check.code) for code in waiting)


async def test_after_all_faults_were_taken_away_it_is_as_green_as_before(stage: Stage, sound: dict[str, Any]) -> None:
    assert document(await examine(stage.target, CHECKS)) == sound


def _waits_for(check: Check, code: str) -> bool:
    return code in check.needs or any(_waits_for(BY_CODE[need], code) for need in check.needs)


def test_everything_a_check_may_find_has_a_planted_fault() -> None:
    wanted = {
        (check.code, code)
        for check in CHECKS
        for code, advice in check.advice.items()
        if advice.status in {Status.FAILED, Status.WARNING}
    }
    assert wanted == {(fault.check, code) for fault in FAULTS for code in fault.codes}
    assert {check.code for check in CHECKS} == {fault.check for fault in FAULTS}


def test_codes_are_unique_and_checks_come_after_what_they_need() -> None:
    codes = [check.code for check in CHECKS]
    assert len(set(codes)) == len(codes)
    for index, check in enumerate(CHECKS):
        assert set(check.needs) <= set(codes[:index]), check.code


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_each_check_is_in_both_languages_and_on_its_runbook_page(check: Check) -> None:
    for folder in (RUNBOOKS, RUNBOOKS / "en"):
        assert f"`{check.code}`" in (folder / f"{check.runbook}.md").read_text(encoding="utf-8")
    for es, en in ((check.es, check.en), *((advice.es, advice.en) for advice in check.advice.values())):
        assert es
        assert en
        assert es != en


# --- time -----------------------------------------------------------------------------------------------------------


async def test_servers_that_accept_and_never_answer_are_findings_in_bounded_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "CHECK_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        settings = stage.target.settings.model_copy(
            update={
                "database_url": SecretStr(f"postgresql://unavez:synthetic@127.0.0.1:{port}/postgres"),
                "amqp_url": SecretStr(f"amqp://guest:guest@127.0.0.1:{port}/"),
                "oidc_issuer": f"http://127.0.0.1:{port}",
            }
        )
        hung = replace(stage.target, settings=settings, service_urls={Service.INTAKE: f"http://127.0.0.1:{port}"})
        async with asyncio.timeout(10):
            results = await examine(hung, CHECKS)
    assert statuses(results, Status.FAILED) == {"database_reachable", "broker_reachable", "issuer", "services_ready"}


async def test_when_time_is_over_the_rest_is_skipped_and_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "TOTAL_SECONDS", 0.0)
    results = await examine(stage.target, CHECKS)
    assert {finding.code for result in results for finding in result.findings} == {"no_time_left", "needs_another"}


async def test_a_check_that_breaks_names_the_class_of_its_error_and_no_value(stage: Stage) -> None:
    async def look(_: Any) -> list[Finding]:
        raise ValueError("María, 15 años")

    [result] = await examine(stage.target, [Check("broken", "es", "en", "none", look, {})])
    assert result.findings == [found("look_failed", error="ValueError")]
    assert result.status is Status.FAILED
    assert "María" not in json.dumps(document([result]))


def test_general_advice_is_bilingual() -> None:
    assert all(advice.es and advice.en and advice.es != advice.en for advice in GENERAL.values())


# --- the command ----------------------------------------------------------------------------------------------------


def everything_below(stage: Stage) -> dict[Path, bytes]:
    """Return the files of the installation but PostgreSQL's own."""
    folders = (stage.data.path, stage.data.keys().kek_file.parent)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files if stage.server.cluster not in path.parents}


async def rows(stage: Stage) -> dict[str, str]:
    """Return a digest of every table."""
    written = {}
    for database in stage.target.databases:
        connection = await stage.connect(database)
        for table in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            name = table["tablename"]
            written[f"{database}.{name}"] = await connection.fetchval(
                f"SELECT md5(coalesce(string_agg(each::text, '|' ORDER BY each::text), '')) FROM {name} AS each"  # noqa: S608
            )
        await connection.close()
    return written


def run(stage: Stage, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["doctor", "--data-dir", str(stage.data.path), *arguments])


def test_the_command_examines_a_running_installation_and_changes_nothing(stage: Stage) -> None:
    before = everything_below(stage), asyncio.run(rows(stage))
    result = run(stage, "--json", "--amqp-url", stage.amqp_url, "--public-url", stage.stand_in.url)
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["ok"] is True
    for each in said["checks"]:
        assert {"code", "status", "detail_code", "details", "es", "en", "runbook"} == each.keys()
    assert {each["code"] for each in said["checks"]} == {check.code for check in CHECKS}
    skipped = {each["code"]: each["detail_code"] for each in said["checks"] if each["status"] == "skipped"}
    assert skipped["broker_management"] == "no_management_url"
    assert (everything_below(stage), asyncio.run(rows(stage))) == before


def test_the_command_examines_a_stopped_installation_and_leaves_it_stopped(stage: Stage) -> None:
    stage.server.stop()
    before = everything_below(stage)
    try:
        result = run(stage, "--json")
        assert result.exit_code == 0, result.output
        assert stage.server.pid() is None
        assert everything_below(stage) == before
    finally:
        stage.server.start()


def test_the_table_is_spanish_first_and_a_failure_is_exit_code_one(stage: Stage) -> None:
    kek = stage.data.keys().kek_file
    kek.chmod(0o644)
    try:
        result = run(stage)
    finally:
        kek.chmod(0o600)
    assert result.exit_code == 1
    text = " ".join(result.output.split())
    assert "✗ falla / failed" in text
    assert text.index("Otros usuarios") < text.index("Other users")
    assert "docs/runbooks/keys.md" in text


def test_a_key_below_real_data_is_a_finding_and_no_refusal(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNAVEZ_KEK_FILE", str(stage.data.path / "kek.json"))
    result = run(stage, "--json")
    assert result.exit_code == 1
    kek = next(each for each in json.loads(result.stdout)["checks"] if each["code"] == "kek_file")
    assert {detail["detail_code"] for detail in kek["details"]} == {"below_data", "missing"}


def test_an_installation_that_never_started_is_examined_without_being_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    data = DataDirectory.open_or_create(tmp_path / "data", real=True)
    result = CliRunner().invoke(app, ["doctor", "--data-dir", str(data.path), "--json"])
    assert result.exit_code == 1
    failed = {each["code"] for each in json.loads(result.stdout)["checks"] if each["status"] == "failed"}
    assert {"database_reachable", "kek_file", "sealing_keys", "signing_keys", "audit_key", "issuer"} == failed
    assert [path.name for path in tmp_path.rglob("*")] == ["data", "installation.json"]


def test_a_running_installation_is_known_by_its_lock(stage: Stage) -> None:
    assert not stage.data.is_locked()
    with stage.data.locked():
        assert stage.data.is_locked()
    assert not stage.data.is_locked()


def test_a_folder_without_an_installation_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", "--data-dir", str(tmp_path)])
    assert result.exit_code != 0
    assert list(tmp_path.iterdir()) == []


def test_what_is_printed_holds_no_password_and_no_key(stage: Stage) -> None:
    nowhere = f"postgresql://unavez:geheim-synthetic@127.0.0.1:{free_port()}/postgres"
    said = run(
        stage, "--json", "--database-url", nowhere, "--amqp-url", "amqp://u:geheim-synthetic@127.0.0.1:1/"
    ).stdout
    assert json.loads(said)["ok"] is False
    assert "geheim-synthetic" not in said


def test_a_setting_that_is_not_valid_is_named_and_not_quoted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNAVEZ_RATE_LIMIT", "geheim-synthetic")
    result = run(stage, "--json")
    assert result.exit_code != 0
    assert "UNAVEZ_RATE_LIMIT" in f"{result.output}{result.exception}"
    assert "geheim-synthetic" not in f"{result.output}{result.exception}"


def test_a_target_of_one_service_has_its_databases_only() -> None:
    def databases(service: Service) -> set[str]:
        target = Target(packages={service: "x"}, settings=None, kek_file=None)  # type: ignore[arg-type]
        return set(target.databases)

    assert databases(Service.INTAKE) == {"unavez_intake", "unavez_keys"}
    assert databases(Service.NOTIFIER) == {"unavez_notifier"}


def test_what_failed_comes_first_what_is_well_is_one_line_and_the_last_line_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def with_advice(status: Status) -> Result:
        check, code = next((c, code) for c in CHECKS for code, advice in c.advice.items() if advice.status is status)
        return Result(check, [found(code, place="x")])

    well = [Result(check, []) for check in CHECKS[:2]]
    _show([well[0], with_advice(Status.WARNING), well[1], with_advice(Status.FAILED)])
    lines = capsys.readouterr().out.splitlines()
    marks = [line.split()[0] for line in lines if line[:1] in {"✗", "!", "·", "✓"}]
    assert marks == ["✗", "!", "✓", "✓"]
    assert [line.split()[4] for line in lines[-3:-1]] == [result.check.code for result in well]
    assert lines[-1] == "1 fallas, 1 avisos, 2 bien / 1 failed, 1 warnings, 2 fine"
