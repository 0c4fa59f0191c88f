"""The stage the faults happen on, and their table at the end of the run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from unavez_tests.chaos.stages import Stages

_STAGES = pytest.StashKey[Stages]()


@pytest.fixture(scope="module")
def stages(request: pytest.FixtureRequest) -> Iterator[Stages]:
    """Return the stages of the table; eight idle processes are not kept for the tests that follow."""
    stages = request.config.stash.setdefault(_STAGES, Stages())
    yield stages
    stages.discard()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _STAGES in config.stash:
        terminalreporter.section("faults")
        header = ("fault", "expected", "found", "intakes", "measured")
        for row in [header, ("---",) * len(header), *config.stash[_STAGES].results]:
            terminalreporter.line("| " + " | ".join(row) + " |")
