"""How much work a run does: the full one for the table, the quick one for who changes the code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Sizes of the runs."""

    rounds: int
    """How often product and floor take turns where they can run side by side."""
    accept_seconds: float
    cases: int
    """Intakes of the end-to-end run."""
    latency_cases: int
    relay_rows: int
    inbox_messages: int
    heard_cases: int
    """Cases the router's hearers hear at once."""
    preview_seconds: float
    crowd_seconds: float
    curve_backlogs: tuple[int, ...]
    curve_directories: tuple[int, ...]


FULL = Scale(
    rounds=3,
    accept_seconds=5,
    cases=1_000,
    latency_cases=120,
    relay_rows=100_000,
    inbox_messages=20_000,
    heard_cases=300,
    preview_seconds=15,
    crowd_seconds=30,
    curve_backlogs=(1_000, 10_000, 100_000),
    curve_directories=(1, 10, 100),
)
QUICK = Scale(
    rounds=1,
    accept_seconds=2,
    cases=60,
    latency_cases=15,
    relay_rows=5_000,
    inbox_messages=3_000,
    heard_cases=40,
    preview_seconds=3,
    crowd_seconds=8,
    curve_backlogs=(1_000, 10_000),
    curve_directories=(1, 10),
)
