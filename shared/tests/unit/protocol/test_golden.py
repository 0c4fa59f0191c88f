"""The pack says what the design says: every field of every rule and fact, against copies of the design's own tables.

A change of law changes both, in one commit that shows the two side by side.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from unavez_shared.protocol import load_pack
from unavez_shared.protocol.loader import PACKS

_DATA = Path(__file__).parents[4] / "tests" / "data"
_GOLDEN = json.loads((_DATA / "rules.json").read_text(encoding="utf-8"))
_VOCABULARY = json.loads((_DATA / "facts.json").read_text(encoding="utf-8"))
_FACTS = _VOCABULARY["facts"]
_NAMES = {
    "due_h": "due_hours",
    "ack_h": "ack_hours",
    "data_visible": "categories",
    "needs_legal_review": "needs_review",
    "fallback": "fallbacks",
    "guard": "guards",
}
"""The design's name for a field, and the pack's."""
_PACK: dict[str, dict[str, Any]] = {
    rule["id"]: rule for rule in yaml.safe_load((PACKS / "pe" / "rules.yaml").read_text(encoding="utf-8"))
}


def test_the_rules_are_those_of_the_design_in_its_order() -> None:
    assert [rule.id for rule in load_pack("pe").rules] == [rule["id"] for rule in _GOLDEN["rules"]]
    assert load_pack("pe").not_routed == _GOLDEN["not_routed"]


@pytest.mark.parametrize("golden", _GOLDEN["rules"], ids=lambda rule: rule["id"])
def test_each_rule_is_the_designs_field_by_field(golden: dict[str, Any]) -> None:
    wanted = {_NAMES.get(name, name): value for name, value in golden.items() if value or name != "note"}
    assert _PACK[golden["id"]] == wanted


def test_each_fact_is_the_designs_field_by_field() -> None:
    facts = {
        name: {
            "type": spec.type,
            "note": spec.note,
            **({"values": list(spec.values)} if spec.values else {}),
            **({"minimum": spec.minimum, "maximum": spec.maximum} if spec.type == "integer" else {}),
            **({"guard": True} if spec.guard else {}),
        }
        for name, spec in load_pack("pe").facts.items()
    }
    assert facts == _FACTS
    assert list(facts) == list(_FACTS)


def test_each_macrolanguage_has_the_members_of_the_design() -> None:
    members: dict[str, list[str]] = {}
    for language in load_pack("pe").languages.values():
        if language.macro is not None:
            members.setdefault(language.macro, []).append(language.code)
    assert members == _VOCABULARY["macrolanguages"]
