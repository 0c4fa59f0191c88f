"""The domain is three wings, and each part of it that decides something has a unit test in the same place."""

from __future__ import annotations

import ast
from pathlib import Path

import unavez_referral_router

DOMAIN = Path(unavez_referral_router.__file__).parent / "domain"
UNIT = Path(__file__).parent


def test_the_domain_is_three_wings_and_no_loose_file() -> None:
    entries = {entry.name for entry in DOMAIN.iterdir() if entry.name != "__pycache__"}
    assert entries == {"__init__.py", "matching", "plan", "referrals"}


def test_every_module_with_a_rule_has_the_test_that_mirrors_it() -> None:
    modules = [path.relative_to(DOMAIN) for path in DOMAIN.rglob("*.py") if _decides(path)]
    missing = [str(module) for module in modules if not (UNIT / module.parent / f"test_{module.name}").exists()]
    assert len(modules) > 20
    assert missing == []


def _decides(path: Path) -> bool:
    """Tell whether a module holds more than records."""
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
