"""The stage the faults happen on, and their table at the end of the run."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from unavez_tests.chaos.stages import Stages

_STAGES = pytest.StashKey[Stages]()


@pytest.fixture(scope="module")
def stages(request: pytest.FixtureRequest) -> Iterator[Stages]:
    """Return the stages of the table; eight idle processes are not kept for the tests that follow."""
    stages = request.config.stash.setdefault(_STAGES, Stages())
    yield stages
    stages.discard()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say at once why a row failed: `make chaos` takes an hour, and may be ended before its summary."""
    report = yield
    terminal: pytest.TerminalReporter | None = item.config.pluginmanager.get_plugin("terminalreporter")
    if report.failed and terminal is not None:
        terminal.write_line(f"\n{item.name}\n{report.longreprtext}")
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _STAGES in config.stash:
        terminalreporter.section("faults")
        header = ("fault", "expected", "found", "intakes", "measured")
        for row in [header, ("---",) * len(header), *config.stash[_STAGES].results]:
            terminalreporter.line("| " + " | ".join(row) + " |")
