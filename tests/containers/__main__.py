"""`python -m containers [--markdown FILE] [--only STEP]`: the checks, and their table."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from benchmarks.__main__ import machine
from rich.console import Console

from containers.engine import EngineError, find, run_quietly
from containers.stage import Stage
from containers.steps import backup, end, faults, gateway, looks, main_job, start, upgrade
from containers.table import Row, markdown, terminal

Step = Callable[[Stage], Iterator[Row]]
STEPS: Mapping[str, Step] = MappingProxyType({
    "start": start.run,
    "main job": main_job.run,
    "looks": looks.run,
    "gateway": gateway.run,
    "faults": faults.run,
    "backup": backup.run,
    "upgrade": upgrade.run,
    "end": end.run,
})  # fmt: skip
NEEDED = ("start", "main job")
"""Without these there is nothing to look at."""
TAKEN = "Aquí ya hay una instalación `unavez`, no se toca / an installation `unavez` is here already, it is left alone"
NOT_RUN = "Contenedores: no ejecutado, no hay motor / containers: not run, no engine can be had"

console = Console(width=160)


def take(stage: Stage, steps: Mapping[str, Step]) -> Iterator[Row]:
    """Yield the rows of all steps; one that ends with an error is a row that does not hold, the others go on."""
    for name, step in steps.items():
        begun = time.monotonic()
        failed = False
        try:
            for row in step(stage):
                console.print(f"{'ok    ' if row.holds else 'FAILED'} {name}: {row.check}  [dim]{row.measured}[/dim]")
                yield replace(row, step=name)
        except Exception as error:  # noqa: BLE001  (whatever ended it, the table says so)
            failed = True
            console.print(f"FAILED {name}: {type(error).__name__}: {error}", markup=False)
            yield Row("the step runs to its end", False, type(error).__name__, name)
        console.print(f"{name}: {time.monotonic() - begun:.0f} s", style="dim")
        if failed and name in NEEDED:
            return


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when every check holds, or where no engine can be had."""
    parser = argparse.ArgumentParser(prog="python -m containers", description=__doc__)
    parser.add_argument("--markdown", type=Path, help="write the table as Markdown too")
    parser.add_argument("--only", action="append", default=[], choices=sorted(STEPS), help="besides start and main job")
    chosen = parser.parse_args(arguments)
    folder = os.environ.get("UNAVEZ_CONTAINERS")
    try:
        engine = find(Path(folder) if folder else None, run_quietly)
    except EngineError as error:
        console.print(f"{error}", style="red")
        return 1
    if engine is None:
        console.print(NOT_RUN)
        return 0
    steps = {name: step for name, step in STEPS.items() if not chosen.only or name in {*NEEDED, *chosen.only}}
    try:
        rows = list(_checked(steps))
    finally:
        engine.close(run_quietly)
    where = machine()
    console.print(terminal(rows, where))
    if chosen.markdown:
        chosen.markdown.write_text(markdown(rows, where), encoding="utf-8")
    return 0 if rows and all(row.holds for row in rows) else 1


def _checked(steps: Mapping[str, Step]) -> Iterator[Row]:
    with closing(Stage()) as stage:
        if stage.is_taken():
            console.print(TAKEN, style="red")
        else:
            yield from take(stage, steps)


if __name__ == "__main__":
    sys.exit(main())
