"""What `make bench` measures and what should hold, and the form of `bench.json`. Nothing is measured here."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from unavez_shared.contracts.services import Service
from unavez_shared.privacy.jose import JoseRefusedError

TESTS = Path(__file__).parents[1]
AT_LEAST, AT_MOST = True, False
OF_FLOOR, OF_ITSELF = True, False

GOALS: dict[str, tuple[str, float, bool, bool]] = {
    "accepted intakes": ("1/s", 0.6, AT_LEAST, OF_FLOOR),
    "intake in a crowd of strangers, p95": ("ms", 5, AT_MOST, OF_FLOOR),
    "referrals delivered by webhook": ("1/s", 0.6, AT_LEAST, OF_FLOOR),
    "201 to webhook, unloaded, p50": ("ms", 40, AT_MOST, OF_ITSELF),
    "201 to webhook, unloaded, p99": ("ms", 150, AT_MOST, OF_ITSELF),
    "CPU per delivered referral": ("ms", 1.7, AT_MOST, OF_FLOOR),
    "relay drain": ("rows/s", 0.85, AT_LEAST, OF_FLOOR),
    "inbox consume with effect, one process": ("messages/s", 3_000, AT_LEAST, OF_ITSELF),
    "plan preview at 100/s, p99": ("ms", 15, AT_MOST, OF_ITSELF),
    **{f"memory of {service.value}, after the load": ("MB", 150, AT_MOST, OF_ITSELF) for service in Service},
}
FIELDS = {"measure", "value", "unit", "floor", "ratio", "goal", "met"}
FLOOR = 100.0


@pytest.fixture(scope="module")
def measures() -> Iterator[ModuleType]:
    """Make the package importable, as `make bench` does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(TESTS))
        yield importlib.import_module("benchmarks.measures")


def test_these_goals_and_no_others_are_judged(measures: ModuleType) -> None:
    judged = {one.name: one for one in measures.MEASURES if one.goal is not None}
    found = {name: (one.unit, one.goal.number, one.goal.at_least, one.goal.of_ratio) for name, one in judged.items()}
    assert found == GOALS
    assert len({one.name for one in measures.MEASURES}) == len(measures.MEASURES)


@pytest.mark.usefixtures("measures")
def test_the_floor_of_the_goals_sends_events_as_they_are_and_the_sealed_one_shows_nothing() -> None:
    sealing = importlib.import_module("benchmarks.floor.sealing")
    event = b'{"organization_id":"synthetic"}'
    assert [through(event) for through in sealing.of({"FLOOR_SEALS": "no"})] == [event, event]
    say, hear = sealing.of({"FLOOR_SEALS": "yes"})
    said = say(event)
    assert b"synthetic" not in said
    assert hear(said) == event
    with pytest.raises(JoseRefusedError):
        hear(said[:-30] + said[-29:])


@pytest.mark.parametrize("name", GOALS)
@pytest.mark.parametrize("change", [-0.01, 0.0, 0.01], ids=["below", "at", "above"])
async def test_a_goal_is_met_at_its_number_and_on_one_side_of_it(
    measures: ModuleType, name: str, change: float
) -> None:
    _, number, at_least, of_floor = GOALS[name]
    value = number * (FLOOR if of_floor else 1) * (1 + change)
    row = await _measured(measures, name, value, FLOOR)
    assert (row.value, row.floor) == (value, FLOOR)
    assert row.ratio == pytest.approx(value / FLOOR)
    assert row.met is (change == 0 or (change > 0) == at_least)


@pytest.mark.parametrize("name", GOALS)
@pytest.mark.parametrize("floor", [None, 0.0])
async def test_without_a_floor_only_what_is_judged_by_itself_can_be_met(
    measures: ModuleType, name: str, floor: float | None
) -> None:
    _, number, _, of_floor = GOALS[name]
    row = await _measured(measures, name, number, floor)
    assert row.ratio is None
    assert row.met is not of_floor


async def test_what_has_no_goal_is_neither_met_nor_missed_and_what_is_left_out_has_no_row(
    measures: ModuleType,
) -> None:
    one = next(one for one in measures.MEASURES if one.goal is None)
    row = await measures.measure(None, replace(one, read=_reading(2.0)))
    assert (row.value, row.floor, row.ratio, row.goal, row.met) == (2.0, None, None, None, None)
    assert await measures.measure(None, replace(one, read=_reading(None))) is None


async def test_each_goal_is_read_from_the_run_it_is_named_after(measures: ModuleType) -> None:
    """The product's figure and the floor's, at the share the name says."""
    both = importlib.import_module("benchmarks.bench").Both
    hundred = [float(number) for number in range(1, 101)]
    bench = SimpleNamespace(
        accepted=_reading(both(1.0, 2.0)),
        crowded=_reading(both(15.0, 5.0)),
        relayed=_reading(both(3.0, 4.0)),
        consumed=_reading(both(5.0, 6.0)),
        latency=_reading(both(hundred, [2 * one for one in hundred])),
        previewed=_reading(
            both(SimpleNamespace(seconds=hundred), SimpleNamespace(seconds=[2 * one for one in hundred]))
        ),
        fanned_out=_reading(
            both(
                SimpleNamespace(per_second=7.0, cpu_milliseconds=9.0),
                SimpleNamespace(per_second=8.0, cpu_milliseconds=10.0),
            )
        ),
        memory=lambda service: _reading(both(float(len(service.value)), 11.0))(),
    )
    expected = {
        "accepted intakes": (1.0, 2.0),
        "referrals delivered by webhook": (7.0, 8.0),
        "201 to webhook, unloaded, p50": (50.0, 100.0),
        "201 to webhook, unloaded, p99": (99.0, 198.0),
        "CPU per delivered referral": (9.0, 10.0),
        "intake in a crowd of strangers, p95": (15.0, 5.0),
        "relay drain": (3.0, 4.0),
        "inbox consume with effect, one process": (5.0, 6.0),
        "plan preview at 100/s, p99": (99_000.0, 198_000.0),  # milliseconds
        **{f"memory of {service.value}, after the load": (float(len(service.value)), 11.0) for service in Service},
    }
    rows = [await measures.measure(bench, one) for one in measures.MEASURES if one.name in GOALS]
    assert {row.measure: (row.value, row.floor) for row in rows} == expected


def test_a_row_of_the_file_has_these_fields_and_no_others(
    measures: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = importlib.import_module("benchmarks.__main__")
    rows = [
        measures.Row("judged", "1/s", 70.0, 100.0, 0.7, "≥ 0.6 x floor", True),
        measures.Row("not judged", "ms", 1.5, None, None, None, None),
    ]
    asked: list[str] = []

    async def take(chosen: Sequence[Any], _: Any) -> list[Any]:
        asked.extend(one.name for one in chosen)
        return rows

    monkeypatch.setattr(program, "take", take)
    monkeypatch.setattr(program, "configure", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--output", str(tmp_path / "bench.json")])
    assert program.main() == 0
    assert asked == [one.name for one in measures.MEASURES]
    written = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert [set(row) for row in written] == [FIELDS, FIELDS]
    assert written[0] == {
        "measure": "judged", "unit": "1/s", "value": 70.0, "floor": 100.0, "ratio": 0.7, "goal": "≥ 0.6 x floor",
        "met": True,
    }  # fmt: skip
    assert (written[1]["floor"], written[1]["ratio"], written[1]["goal"], written[1]["met"]) == (None,) * 4


async def _measured(measures: ModuleType, name: str, value: float, floor: float | None) -> Any:
    one = next(one for one in measures.MEASURES if one.name == name)
    both = importlib.import_module("benchmarks.bench").Both
    return await measures.measure(None, replace(one, read=_reading(value if floor is None else both(value, floor))))


def _reading(result: Any) -> Any:
    async def read(*_: Any) -> Any:
        return result

    return read
