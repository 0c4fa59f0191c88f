"""A protocol pack with a mistake stops every process that reads one, in one line with file, line and rule."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import unavez_shared

# The notifier is not here: it knows no rule, so no pack can stop it.
COMMANDS = (
    ["-m", "unavez_local", "up", "--data-dir", "data"],
    ["-m", "unavez_local", "protocol", "check"],
    *(["-m", f"unavez_{name}.main"] for name in ("intake", "directory", "referral_router")),
)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a copy of the shared package whose first rule names an unknown basis, and where it says so."""
    folder = tmp_path_factory.mktemp("broken")
    copy = folder / "unavez_shared"
    shutil.copytree(Path(unavez_shared.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    rules = copy / "protocols" / "pe" / "rules.yaml"
    lines = rules.read_text(encoding="utf-8").splitlines(keepends=True)
    line = next(number for number, text in enumerate(lines) if text.strip().startswith("basis:"))
    rule = next(text.split(":")[1].strip() for text in reversed(lines[:line]) if "id:" in text)
    lines[line] = lines[line].partition(":")[0] + ": whim\n"
    rules.write_text("".join(lines), encoding="utf-8")
    return folder, f"rules.yaml:{line + 1} rule {rule}:"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_process_refuses_it_in_one_line(command: Sequence[str], broken: tuple[Path, str], tmp_path: Path) -> None:
    folder, where = broken
    ended = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert where in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""
    assert list(tmp_path.iterdir()) == []
