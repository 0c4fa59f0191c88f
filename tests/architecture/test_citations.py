"""The law of the house is in the house: every citation leads somewhere, every rule of safety has its proof.

Citations: `SAFETY N1`, `CONTRACT "Limits"`, `PROTOCOL 5.7`, `ARCHITECTURE "Running it"`, `ADR 19`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from unavez_local.rules_page import rules_page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SAFETY = (DOCS / "safety.md").read_text(encoding="utf-8")
FOLDERS = ("services", "shared/src", "shared/tests", "deploy", "tests", "docs")
ENDINGS = {".py", ".md", ".yaml", ".yml", ".json", ".conf", ".sh"}
RULES = [*(f"n{number}" for number in range(1, 21)), *(f"o{number}" for number in range(1, 6))]
NOT_BUILT = "**Not built yet:**"

_RULE = re.compile(r"\bSAFETY ([NO]\d+(?:(?:, | and | to )[NO]\d+)*)")
_BARE_RULE = re.compile(r"(?<![\w-])[NO]\d+\b")
"""In decisions and in the threat model the number alone is a citation."""
_NUMBER = re.compile(r"(?:\bPROTOCOL|docs/protocol\.md) (\d+(?:\.\d+)?)(?: to (\d+\.\d+))?")
_PAGE = re.compile(r"\b(CONTRACT|ARCHITECTURE)\b(?:\s+\"([^\"]+)\")?")
_DECISION = re.compile(r"\bADR (\d+)")
_GONE = re.compile(r"\bperu\.md\b|\.\./shared\b|\b(?:SAFETY|CONTRACT|ARCHITECTURE|STYLE)\.md\b")


def _texts() -> Iterator[tuple[str, str]]:
    """Yield every file that may cite something, with its path; this file and vendored ones cite nothing."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in ENDINGS]
    for path in [*found, *ROOT.glob("*.md")]:
        if path != Path(__file__) and "node_modules" not in path.parts:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


TEXTS = dict(_texts())


def _anchors(text: str) -> set[str]:
    return set(re.findall(r'<a id="([^"]+)"></a>', text))


def _headings(page: str) -> set[str]:
    return set(re.findall(r"^#+ (.+)$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE))


def _sections() -> dict[str, str]:
    """Return the text of each rule of safety by its anchor."""
    parts = re.split(r'^### <a id="([no]\d+)"></a>', SAFETY.split("\n## What no design removes")[0], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_rule_of_safety_that_is_cited_has_its_anchor() -> None:
    anchors = _anchors(SAFETY)
    cited = {
        (where, rule)
        for where, text in TEXTS.items()
        for found in (_BARE_RULE if where.startswith(("docs/adr/", "docs/threat-model")) else _RULE).findall(text)
        for rule in re.findall(r"[NO]\d+", found)
    }
    assert len(cited) > 100
    assert {(where, rule) for where, rule in cited if rule.lower() not in anchors} == set()


def test_every_part_of_the_protocol_that_is_cited_has_its_anchor() -> None:
    anchors = _anchors((DOCS / "protocol.md").read_text(encoding="utf-8"))
    cited = {
        (where, number)
        for where, text in TEXTS.items()
        for found in _NUMBER.findall(text)
        for number in filter(None, found)
    }
    assert len(cited) > 20
    assert {(where, number) for where, number in cited if number not in anchors} == set()


@pytest.mark.parametrize(("word", "page"), [("CONTRACT", "contract.md"), ("ARCHITECTURE", "architecture.md")])
def test_contract_and_architecture_are_cited_by_a_part_that_exists(word: str, page: str) -> None:
    headings = _headings(page)
    cited = {(where, part) for where, text in TEXTS.items() for name, part in _PAGE.findall(text) if name == word}
    assert cited
    assert {(where, part) for where, part in cited if part not in headings} == set()


def test_every_decision_that_is_cited_exists() -> None:
    existing = {int(path.name[:4]) for path in (DOCS / "adr").glob("0*.md")}
    cited = {(where, int(number)) for where, text in TEXTS.items() for number in _DECISION.findall(text)}
    assert {(where, number) for where, number in cited if number not in existing} == set()


def test_nothing_cites_a_page_that_is_not_in_the_repository() -> None:
    assert {(where, found) for where, text in TEXTS.items() for found in _GONE.findall(text)} == set()


def test_the_page_of_safety_has_every_rule_once() -> None:
    assert list(_sections()) == RULES


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_of_safety_names_tests_that_exist_or_says_that_it_is_not_built_yet(rule: str) -> None:
    section = _sections()[rule]
    named = set(re.findall(r"`(test_\w+)`", section))
    assert named or NOT_BUILT in section
    assert named == set() or "**Proved by:**" in section
    assert sorted(named - _tests()) == []


def _tests() -> set[str]:
    sources = [text for where, text in TEXTS.items() if where.endswith(".py")]
    return {name for text in sources for name in re.findall(r"def (test_\w+)", text)}


def test_the_page_of_rules_is_fresh() -> None:
    assert (DOCS / "rules.md").read_text(encoding="utf-8") == rules_page(), "run `make openapi`"
