"""`python -m benchmarks [--quick] [--only TEXT] [--output FILE]`: the table, and its rows."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import orjson
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.bench import Bench
from benchmarks.measures import MEASURES, Measure, Row, measure
from benchmarks.scale import FULL, QUICK, Scale
from benchmarks.stage import Stage
from unavez_shared.observability.log import configure

console = Console(width=140)


async def take(measures: Sequence[Measure], scale: Scale) -> list[Row]:
    """Take these measures on one stage."""
    stage = Stage()
    bench = Bench(stage, scale)
    rows = []
    try:
        await stage.start()
        for one in measures:
            begun = time.monotonic()
            row = await measure(bench, one)
            if row is not None:
                rows.append(row)
                console.print(
                    f"{row.measure}: {row.value:.4g} {row.unit} ({time.monotonic() - begun:.0f} s)", style="dim"
                )
    finally:
        await bench.close()
        await stage.stop()
    return rows


def table(rows: Sequence[Row]) -> Table:
    """Return the table people read."""
    title = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {machine()}"
    result = Table("measure", "unit", "value", "floor", "ratio", "goal", "met", title=title)
    for row in rows:
        result.add_row(
            row.measure, row.unit, _number(row.value), _number(row.floor), _number(row.ratio), row.goal or "",
            _met(row),
        )  # fmt: skip
    return result


def markdown(rows: Sequence[Row]) -> str:
    """Return the table as it stands in docs/performance.md."""
    lines = [("measure", "unit", "value", "floor", "ratio", "goal", "met"), ("---",) * 7]
    lines += [
        (
            row.measure, row.unit, _number(row.value), _number(row.floor), _number(row.ratio), row.goal or "",
            _met(row),
        )
        for row in rows
    ]  # fmt: skip
    title = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}\n\n"
    return title + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def machine() -> str:
    """Tell what it ran on."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    return (
        f"{os.cpu_count()} cores {model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _met(row: Row) -> str:
    return {True: "yes", False: "NO", None: ""}[row.met]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def main() -> int:
    """Return 0 when the measures could be taken; goals that are missed are told, not failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little work: for development, not for the note")
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="measures whose name contains it")
    parser.add_argument("--output", type=Path, default=Path("bench.json"))
    parser.add_argument("--markdown", type=Path, help="write the table as Markdown too")
    arguments = parser.parse_args()
    chosen = [one for one in MEASURES if not arguments.only or any(text in one.name for text in arguments.only)]
    configure("ERROR")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(take(chosen, QUICK if arguments.quick else FULL))
    console.print(table(rows))
    arguments.output.write_bytes(orjson.dumps([asdict(row) for row in rows], option=orjson.OPT_INDENT_2) + b"\n")
    if arguments.markdown:
        arguments.markdown.write_text(markdown(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
