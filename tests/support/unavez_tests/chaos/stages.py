"""One stage for the faults that follow each other, a new one after a failure or many cases; what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field

from unavez_tests.chaos.fault import Fault, Measures
from unavez_tests.chaos.harness import Stage

_MANY_CASES = 800
"""A history is judged whole after every fault: beyond this, to read it takes longer than to build a new stage."""


@dataclass
class Stages:
    """Hands out the running stage, and builds another one after `discard` or when it has seen many cases."""

    results: list[tuple[str, ...]] = field(default_factory=list)
    """Rows of the table that is printed at the end."""
    _stage: Stage | None = None

    def get(self) -> Stage:
        if self._stage is not None and len(self._stage.posted) > _MANY_CASES:
            self.discard()
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
