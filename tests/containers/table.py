"""The rows of a run, for people: in the terminal and as it stands in docs/containers.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.table import Table

COLUMNS = ("step", "check", "result", "measured")


@dataclass(frozen=True)
class Row:
    """One check: whether it holds, and what was seen or measured."""

    check: str
    holds: bool
    measured: str = ""
    step: str = ""

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The row as text, in the order of `COLUMNS`."""
        return self.step, self.check, "ok" if self.holds else "FAILED", self.measured


def summary(rows: Sequence[Row]) -> str:
    """Return how many hold and how many do not."""
    good = sum(row.holds for row in rows)
    return f"{good} ok, {len(rows) - good} failed"


def terminal(rows: Sequence[Row], where: str) -> Table:
    """Return the table of the terminal; `where` = the engine and the machine."""
    table = Table(*COLUMNS, title=f"{_now()} UTC · {where}", caption=summary(rows))
    for row in rows:
        table.add_row(*row.cells, style=None if row.holds else "bold red")
    return table


def markdown(rows: Sequence[Row], where: str) -> str:
    """Return the table as Markdown, with its date."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *(row.cells for row in rows)]
    text = "".join(f"| {' | '.join(_escaped(cell) for cell in line)} |\n" for line in lines)
    return f"{_now()} UTC, {where}: {summary(rows)}.\n\n{text}"


def _escaped(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|")


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
