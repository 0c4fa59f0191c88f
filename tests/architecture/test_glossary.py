"""docs/glossary.md: one word, one thing."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| term ")
]


def _words(cell: str) -> list[str]:
    """Return the words of a cell without what explains them."""
    bare = re.sub(r"\([^)]*\)", "", cell)
    return [word.strip(" `") for word in re.split(r",|·|→", bare) if re.search(r"\w", word)]


def test_every_row_says_the_term_its_meaning_its_spanish_word_and_what_it_is_not_called() -> None:
    assert len(ROWS) > 60
    assert [row[0] for row in ROWS if len(row) < 4 or not all(row)] == []


def test_no_term_stands_twice() -> None:
    terms = [row[0] for row in ROWS]
    assert sorted(set(terms)) == sorted(terms)


def test_what_is_not_called_so_is_no_term_of_another_row_unless_the_row_says_what_it_is() -> None:
    terms = {word for row in ROWS for word in _words(row[0])}
    explained = {word for row in ROWS for word in re.findall(r"(\w+) \(that is", row[3])}
    wrong = {(row[0], word) for row in ROWS for word in _words(row[3]) if word in terms and word not in explained}
    assert wrong == set()
