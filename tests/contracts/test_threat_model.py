"""The threat model names tests: each of them exists. It passes over no rule of docs/safety.md."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
RULES = 20
"""N1 to N20."""
FOLDERS = ("services", "shared/tests", "deploy/local/tests", "tests")


def test_every_test_the_threat_model_names_exists() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("test_*.py")]
    existing = {name for path in files for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))}
    named = set(re.findall(r"`(test_\w+)`", page))
    assert named
    assert sorted(named - existing) == []


def test_every_rule_of_safety_stands_in_a_row_or_as_not_built_yet() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and "`test_" in line]
    open_rules = page.partition("## Not built yet")[2].partition("\n## ")[0]
    named = {int(number) for number in re.findall(r"\bN(\d+)\b", "\n".join((*rows, open_rules)))}
    assert named == set(range(1, RULES + 1))


def test_no_threat_stands_twice_in_one_table() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    tables = re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)
    assert tables
    for table in tables:
        threats = [row.split(" | ")[0] for row in table.splitlines()[2:]]
        assert sorted(set(threats)) == sorted(threats)
