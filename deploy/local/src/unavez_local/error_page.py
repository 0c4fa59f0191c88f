"""The generated page of every error code: what it means and what to do, Spanish first."""

from __future__ import annotations

from importlib.resources import files

from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.fault_codes import FAULT_CODES
from unavez_shared.web.problem_codes import PROBLEM_CODES
from unavez_shared.web.problems import TITLES


def error_page() -> str:
    """Return docs/errors.md."""
    problems = "\n".join(
        f"| {status} | `{code}` | {TITLES[status][0]}. {spanish} | {TITLES[status][1]}. {english} |"
        for code, (status, spanish, english) in sorted(PROBLEM_CODES.items(), key=lambda item: item[1][0])
    )
    conflicts = "\n".join(f"| `{conflict}` | {conflict.spanish} | {conflict.english} |" for conflict in Conflict)
    faults = "\n".join(f"| `{code}` | {spanish} | {english} |" for code, (spanish, english) in FAULT_CODES.items())
    page = files("unavez_local").joinpath("error_page.md").read_text(encoding="utf-8")
    return page.replace("{problems}", problems).replace("{conflicts}", conflicts).replace("{faults}", faults)
