"""One stage for the faults that follow each other, a new one after a failure, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field

from unavez_tests.chaos.fault import Fault, Measures
from unavez_tests.chaos.harness import Stage


@dataclass
class Stages:
    """Hands out the running stage, and builds another one after `discard`."""

    results: list[tuple[str, ...]] = field(default_factory=list)
    """Rows of the table that is printed at the end."""
    _stage: Stage | None = None

    def get(self) -> Stage:
        if self._stage is None:
            self._stage = Stage()
        return self._stage

    def discard(self) -> None:
        stage, self._stage = self._stage, None
        if stage is not None:
            stage.close()

    def report(self, fault: Fault, outcome: str, posted: int, measures: Measures | None) -> None:
        measured = ", ".join(f"{name}: {value:.4g}" for name, value in (measures or {}).items())
        self.results.append((fault.name, fault.expected, outcome, str(posted), measured))
