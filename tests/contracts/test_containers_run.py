"""What `make containers` does before it has an engine, and how it prints what it found. No container is started."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def importable() -> Iterator[None]:
    """Make the package importable, as `make containers` does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(TESTS))
        yield


def module(name: str) -> Any:
    return importlib.import_module(f"containers.{name}")


class Machine:
    """Programs with the exit codes given; an engine answers when it runs at the start, or after `containers-up`."""

    def __init__(self, *, running: bool, up: int = 0) -> None:
        self.running = running
        self.up = up
        self.asked: list[str] = []

    def __call__(self, command: Sequence[str]) -> int:
        name = Path(command[0]).name
        self.asked.append(name)
        if name == "containers-up":
            self.running = self.running or not self.up
            return self.up
        return 0 if name == "containers-down" or self.running else 1


FOLDER = Path("/scripts")


def test_without_a_folder_the_engine_that_answers_is_used_and_never_stopped() -> None:
    machine = Machine(running=True)
    found = module("engine").find(None, machine)
    found.close(machine)
    assert set(machine.asked) == {"docker"}


def test_without_a_folder_and_without_an_engine_there_is_none() -> None:
    assert module("engine").find(None, Machine(running=False)) is None


@pytest.mark.parametrize(("running", "stopped"), [(False, True), (True, False)])
def test_the_scripts_prepare_the_engine_and_stop_it_only_when_they_started_it(running: bool, stopped: bool) -> None:
    machine = Machine(running=running)
    found = module("engine").find(FOLDER, machine)
    assert "containers-up" in machine.asked
    found.close(machine)
    assert (machine.asked[-1] == "containers-down") is stopped


def test_scripts_that_can_have_no_engine_here_are_no_error_and_scripts_that_fail_are() -> None:
    engine = module("engine")
    assert engine.find(FOLDER, Machine(running=False, up=engine.CANNOT_BE_HAD)) is None
    with pytest.raises(engine.EngineError):
        engine.find(FOLDER, Machine(running=False, up=1))


def test_no_program_is_an_engine_that_does_not_answer() -> None:
    assert module("engine").run_quietly(["no-such-program-of-unavez"]) == 127


def test_where_no_engine_can_be_had_it_prints_not_run_and_ends_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main = module("__main__")
    monkeypatch.delenv("UNAVEZ_CONTAINERS", raising=False)
    monkeypatch.setattr(main, "find", lambda folder, _: None if folder is None else pytest.fail("a folder"))
    assert main.main([]) == 0
    printed = capsys.readouterr().out
    assert "no ejecutado" in printed
    assert "not run" in printed


def test_the_folder_of_the_environment_is_used_and_scripts_that_fail_end_with_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "containers-up").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (tmp_path / "containers-up").chmod(0o755)
    monkeypatch.setenv("UNAVEZ_CONTAINERS", str(tmp_path))
    assert module("__main__").main([]) == 1


def test_an_installation_that_is_here_already_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main, engine, stage = module("__main__"), module("engine"), module("stage")
    asked: list[tuple[str, ...]] = []

    def docker(_: Any, *arguments: str) -> str:
        asked.append(arguments)
        return "some-container\n" if arguments[0] == "ps" else ""

    monkeypatch.setattr(main, "find", lambda *_: engine.Engine())
    monkeypatch.setattr(stage.Stage, "docker", docker)
    assert main.main([]) == 1
    assert [arguments[0] for arguments in asked] == ["ps"]
    assert "left alone" in capsys.readouterr().out


def test_a_step_that_ends_with_an_error_is_a_row_and_the_next_one_runs() -> None:
    main, row = module("__main__"), module("table").Row

    def breaks(_: Any) -> Iterator[Any]:
        yield row("before", True)
        raise ValueError

    def holds(_: Any) -> Iterator[Any]:
        yield row("after", True)

    rows = list(main.take(None, {"looks": breaks, "end": holds}))
    assert [(each.step, each.holds) for each in rows] == [("looks", True), ("looks", False), ("end", True)]
    rows = list(main.take(None, {"start": breaks, "end": holds}))
    assert [each.step for each in rows] == ["start", "start"], "without an installation there is nothing to look at"


def test_the_table_has_a_line_a_check_and_counts_those_that_do_not_hold() -> None:
    table = module("table")
    rows = [table.Row("it starts", True, "9 s", "start"), table.Row("a | b", False, "two\nlines", "end")]
    text = table.markdown(rows, "2 cores")
    assert "2 cores: 1 ok, 1 failed.\n\n| step | check | result | measured |\n" in text
    assert "| start | it starts | ok | 9 s |\n" in text
    assert "| end | a \\| b | FAILED | two lines |\n" in text
    assert table.terminal(rows, "2 cores").row_count == 2


def test_the_steps_name_blocks_that_are_on_the_pages() -> None:
    secrets, demo, up, directory, look = module("steps.start").readme()
    assert "create-secrets" in secrets.text
    assert demo.kind == "demo"
    assert "--wait" in up.text
    assert "/directory/v1/imports" in directory.text
    assert "operate.py" in look.text
    upgrade, backup = module("steps.upgrade"), module("steps.backup")
    assert upgrade.BUILD.startswith("docker compose build")
    assert "upgrade.sh" in upgrade.UPGRADE
    assert upgrade.LOOK == backup.LOOK


def test_the_table_of_the_documents_has_the_steps_of_the_code() -> None:
    page = (TESTS.parent / "docs" / "containers.md").read_text(encoding="utf-8")
    steps = [line.split(" | ")[0].removeprefix("| ") for line in page.splitlines() if line.endswith(" |")]
    assert list(dict.fromkeys(steps)) == ["step", "---", *module("__main__").STEPS]
    assert "FAILED" not in page
