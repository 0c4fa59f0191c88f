"""Every fault of the table, under load: nothing lost, nothing twice, nothing out of order, nothing at a stranger."""

from __future__ import annotations

import pytest

from unavez_tests.chaos.fault import Fault
from unavez_tests.chaos.faults import FAULTS
from unavez_tests.chaos.servers import tail
from unavez_tests.chaos.stages import Stages


def _marks(fault: Fault) -> list[pytest.MarkDecorator]:
    marks = [pytest.mark.timeout(fault.timeout_seconds)]
    if not fault.in_short_set:
        marks.append(pytest.mark.long)
    return [*marks, pytest.mark.broker] if fault.on_each_broker else marks


@pytest.mark.parametrize(
    "fault",
    [pytest.param(fault, id=fault.name, marks=_marks(fault)) for fault in FAULTS],
)
def test_fault_loses_repeats_reorders_and_leaks_nothing(stages: Stages, fault: Fault) -> None:
    stage = stages.get()
    known = len(stage.posted)
    measures, outcome = None, "failed"
    try:
        with stage.load(fault.per_second) as load:
            measures = fault.inject(stage, load)
        violations = stage.settle()
        assert violations == [], "\n".join([*violations[:20], tail(sorted(stage.folder.glob("*.log")))])
        outcome = "as expected"
    except pytest.skip.Exception:
        outcome = "not run"
        raise
    finally:
        stages.report(fault, outcome, len(stage.posted) - known, measures)
        if outcome == "failed":
            stages.discard()
