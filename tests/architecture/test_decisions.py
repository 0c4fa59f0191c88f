"""docs/adr: every decision has a number, a date and a status, and stands in the index with its title."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "adr"
DECISIONS = sorted(FOLDER.glob("0*.md"))
HEAD = re.compile(
    r"# (?P<number>\d+)\. (?P<title>.+)\n\n\*\*Date:\*\* (?P<date>\d{4}-\d\d-\d\d) · \*\*Status:\*\* (?P<status>.+)\n\n"
)
STATUS = re.compile(r"(?:accepted(?:, amended (?:by ADR \d+|on \d{4}-\d\d-\d\d))?|replaced by ADR \d+)")


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_number_a_date_a_status_and_its_row_in_the_index(path: Path) -> None:
    head = HEAD.match(path.read_text(encoding="utf-8"))
    assert head
    assert int(head["number"]) == int(path.name[:4])
    assert STATUS.fullmatch(head["status"])
    row = f"| {head['number']} | [{head['title']}]({path.name}) | {head['date']} | {head['status']} |"
    assert row in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()


def test_the_index_names_no_decision_that_is_not_there() -> None:
    named = re.findall(r"^\| \d+ \| \[.+\]\((\S+)\)", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert named == [path.name for path in DECISIONS]


def test_a_decision_that_a_later_one_amends_or_replaces_names_one_that_exists() -> None:
    numbers = {int(path.name[:4]) for path in DECISIONS}
    heads = [path.read_text(encoding="utf-8").split("\n", 3)[2] for path in DECISIONS]
    assert {int(number) for head in heads for number in re.findall(r"ADR (\d+)", head)} <= numbers
