from __future__ import annotations

import json
from dataclasses import replace

import pytest

from unavez_shared.protocol import load_pack, places
from unavez_shared.protocol.explain import diff, explain
from unavez_shared.protocol.vocabulary import (
    CATEGORIES,
    HANDLING,
    LANGUAGES,
    SERVICE_TYPES,
    facts_vocabulary,
    release_task,
    task_text,
)

PACK = load_pack("pe")


def test_ubigeo_is_inei() -> None:
    assert (len(places.departments()), len(places.provinces()), len(places.districts())) == (25, 196, 1893)
    assert places.department_name("080101") == "Cusco"
    assert places.province_name("170101") == "Tambopata"
    assert places.district_name("170101") == "Tambopata"
    assert (places.department("170204"), places.province("170204")) == ("17", "1702")


@pytest.mark.parametrize(("code", "exists"), [("170101", True), ("17010", False), ("000000", False), ("PE", False)])
def test_a_district_exists_or_not(code: str, exists: bool) -> None:
    assert places.is_ubigeo(code) is exists


@pytest.mark.parametrize(
    ("code", "exists"), [("PE", True), ("NO", True), ("pe", False), ("XX", False), ("150101", False)]
)
def test_a_country_exists_or_not(code: str, exists: bool) -> None:
    assert places.is_country(code) is exists


def test_the_pack_is_the_one_announced() -> None:
    assert (PACK.id, PACK.version, len(PACK.rules)) == ("pe", "pe-2026.1", 90)
    assert len(SERVICE_TYPES) == 56
    assert set(PACK.not_routed) < set(SERVICE_TYPES)
    assert load_pack("pe") is PACK


def test_every_rule_shows_law_confidence_and_review_mark() -> None:
    for explanation in explain(PACK):
        assert explanation.legal_source
        assert explanation.confidence in ("high", "medium", "low")
        assert explanation.mark == ("REVIEW" if PACK.rule(explanation.rule_id).needs_review else "")
    shelter = next(found for found in explain(PACK) if found.rule_id == "P2")
    assert shelter.fallbacks == ("SHL-HRT (other_region)", "SHL-ALT (local)")
    assert shelter.when.startswith("Menor de edad = no y Género es uno de F y Necesita un lugar seguro = sí")


def test_difference_of_two_packs_names_rules_and_parts() -> None:
    rules = [replace(rule, due_hours=12, line=1) if rule.id == "M1" else rule for rule in PACK.rules]
    new = replace(PACK, rules=(*rules[:-1], replace(rules[-1], id="S10")))
    found = [(change.rule_id, change.kind, change.parts) for change in diff(PACK, new)]
    assert found == [("M1", "changed", ("due_hours",)), ("S10", "added", ()), ("W21", "removed", ())]
    assert diff(PACK, PACK) == ()


def test_vocabulary_is_json_and_closed() -> None:
    facts = facts_vocabulary()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["gender"]["values"] == ["F", "M", "TF", "TM", "NB", "NS"]
    assert {name for name, spec in facts.items() if spec.get("guard")} == {
        "fears_country", "police_collusion", "justice_compromised", "family_implicated",
    }  # fmt: skip


def test_every_hold_task_and_release_task_has_words() -> None:
    for rule in PACK.rules:
        if rule.hold_until is not None and rule.hold_until.task is not None:
            assert task_text(rule.hold_until.task).es
    assert "Gesell" in task_text(release_task("JUS-GESELL")).es
    assert {"NO-CONSULATE", "CONTACT-ONLY-VIA", "INTERPRETER-NOT-KIN"} < set(HANDLING)
    assert set(LANGUAGES["quz"].macro or "") == set("que")
    assert CATEGORIES["COMPELLED"].never
