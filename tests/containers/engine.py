"""The engine of a run: one that answers, or one that the scripts of `UNAVEZ_CONTAINERS` start.

`UNAVEZ_CONTAINERS` is a folder with `containers-up` (exit code 3: cannot be had here) and `containers-down`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CANNOT_BE_HAD = 3
"""Exit code of `containers-up`."""
Run = Callable[[Sequence[str]], int]
"""Runs a command, returns its exit code."""


class EngineError(Exception):
    """The scripts of the folder failed."""


@dataclass(frozen=True)
class Engine:
    """An engine that answers; `stop_with` = the script that stops it, where this run started it."""

    stop_with: Path | None = None

    def close(self, run: Run) -> None:
        """Stop it, if this run started it."""
        if self.stop_with is not None:
            run([str(self.stop_with)])


def find(folder: Path | None, run: Run) -> Engine | None:
    """Return the engine to use, None where none can be had. Raises EngineError when the scripts fail."""
    answered = answers(run)
    if folder is None:
        return Engine() if answered else None
    code = run([str(folder / "containers-up")])
    if code == CANNOT_BE_HAD:
        return None
    if code or not answers(run):
        raise EngineError(f"containers-up: {code}")
    return Engine(None if answered else folder / "containers-down")


def answers(run: Run) -> bool:
    """Tell whether there is an engine with compose."""
    return not run(["docker", "info"]) and not run(["docker", "compose", "version"])


def run_quietly(command: Sequence[str]) -> int:
    """Run a command, its output to nowhere; 127 when there is no such program."""
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
    except FileNotFoundError:
        return 127
