"""The threat model names tests: each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("services", "shared/tests", "deploy/local/tests", "tests")


def test_every_test_the_threat_model_names_exists() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("test_*.py")]
    existing = {name for path in files for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))}
    named = set(re.findall(r"`(test_\w+)`", page))
    assert named
    assert sorted(named - existing) == []
