from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from unavez_shared.protocol import Basis, Evaluation, RequiredRow, evaluate, load_pack, normalise, unknown_guards
from unavez_shared.protocol.coverage import combinations, left_without_a_row
from unavez_shared.protocol.probes import find_probes

PACK = load_pack("pe")


def plan(places: dict[str, Any] | None = None, **facts: Any) -> Evaluation:
    return evaluate(PACK, normalise(facts, places))


def row(evaluation: Evaluation, service_type: str, jurisdiction: str | None = None) -> RequiredRow:
    (found,) = (
        row for row in evaluation.rows if row.service_type == service_type and jurisdiction in (None, row.jurisdiction)
    )
    return found


def services(evaluation: Evaluation) -> set[str]:
    return {row.service_type for row in evaluation.rows}


def test_comparison_with_an_unknown_fact_is_false_and_its_negation_true() -> None:
    unknown_gender = plan(is_minor=False, needs_shelter=True)
    assert row(unknown_gender, "SHL-ALT").rule_ids == ("P4",)
    assert row(unknown_gender, "SHL-ALT").unmet_code == "SHL-LGBTIQ"
    assert "CH-105" in services(plan(age=30, danger="imminent")), "nobody said the police collude"


def test_merged_row_takes_strongest_basis_smallest_clocks_and_joined_fallbacks() -> None:
    merged = row(plan(age=20, sv_hours=10, suicide="high"), "HLT-EMER")
    assert merged.rule_ids == ("H1", "H4")
    assert (merged.basis, merged.due_hours, merged.ack_hours) == (Basis.VITAL_INTEREST, 1, 0)
    assert [fallback.service_type for fallback in merged.fallbacks] == ["HLT-SAMU", "HLT-113"]


def test_ack_hours_of_a_merged_row_ignore_rules_without_one() -> None:
    merged = row(plan(age=30, reprisal_risk=True, wants_report="yes", incident="TRAF"), "PRO-UDAVIT")
    assert merged.rule_ids == ("A2", "P10")
    assert merged.ack_hours is None
    assert [rule.categories for rule in merged.rules] == [
        ("ROUTE", "ID", "SAFE_CONTACT", "SAFETY", "NEEDS"),
        ("ROUTE", "ID", "SAFE_CONTACT", "SAFETY"),
    ]


def test_same_service_in_two_jurisdictions_stays_two_rows() -> None:
    evaluation = plan(
        {"current": "150101", "origin": "080101"}, age=30, gender="F", incident="TRAF", wants_return="internal"
    )
    assert row(evaluation, "PRO-CEM", "current").place == "150101"
    assert row(evaluation, "PRO-CEM", "origin").place == "080101"


def test_nobody_consents_for_a_third_party() -> None:
    evaluation = plan({"exploitation": "170102"}, is_minor=False, third_party=True, incident="TRAF", wants_report="yes")
    assert {basis for row in evaluation.rows for basis in [row.basis]} == {Basis.LEGAL_DUTY}
    assert services(evaluation) == {"JUS-FISTRAP"}
    assert [rule.second_confirmer for rule in row(evaluation, "JUS-FISTRAP").rules] == [True]


def test_third_party_report_of_violence_against_an_adult_is_a_task_only() -> None:
    evaluation = plan(is_minor=False, third_party=True, incident="GBV_PARTNER")
    assert evaluation.rows == ()
    assert [task.code for task in evaluation.tasks] == ["REPORTER-ADVICE"]


def test_suppressed_service_is_in_no_row_and_no_fallback_and_is_listed_unasked() -> None:
    evaluation = plan(age=30, police_collusion=True)
    assert [row.service_type for row in evaluation.suppressed] == ["CH-105", "JUS-PNP"]
    assert [rule.id for rule in evaluation.suppressed[0].rules] == ["S1"]
    assert "CH-105" not in services(plan(age=30, danger="imminent", police_collusion=True, gender="F"))


def test_suppressed_prosecutor_of_a_child_is_replaced_by_duty() -> None:
    evaluation = plan(age=15, incident="TRAF", justice_compromised=True)
    assert "JUS-FISTRAP" not in services(evaluation)
    assert row(evaluation, "JUS-FISTRAP-NAT").basis is Basis.LEGAL_DUTY
    assert row(evaluation, "JUS-FISTRAP-NAT").rules[0].replaces == "M2"


def test_man_in_danger_among_colluding_police_has_a_responder() -> None:
    evaluation = plan(age=30, gender="M", danger="imminent", police_collusion=True)
    assert {"JUS-FISTRAP-NAT", "OVS-DEF"} <= services(evaluation)


def test_each_department_of_exploitation_has_its_own_prosecutor() -> None:
    places = {"current": "150101", "exploitation": ["170102", "170204", "080101", "CO"]}
    evaluation = plan(places, age=15, incident="TRAF")
    found = [row.place for row in evaluation.rows if row.service_type == "JUS-FISTRAP"]
    assert found == ["170102", "080101"]
    assert {row.jurisdiction for row in evaluation.rows if row.service_type == "JUS-FISTRAP"} == {"exploitation"}


@pytest.mark.parametrize(
    ("exploitation", "expected"),
    [(None, "150101"), (["CO"], None), ("170102", "170102")],
    ids=["unknown falls back to where she is", "abroad is nationwide", "known"],
)
def test_place_of_exploitation(exploitation: Any, expected: str | None) -> None:
    evaluation = plan({"current": "150101", "exploitation": exploitation}, age=15, incident="TRAF")
    prosecutor = row(evaluation, "JUS-FISTRAP")
    assert (prosecutor.place, prosecutor.jurisdiction) == (expected, "exploitation")


def test_court_and_origin_fall_back_to_where_she_is_and_keep_their_label() -> None:
    evaluation = plan({"current": "160101"}, age=22, final_reparation_unpaid=True, wants_return="internal")
    assert (row(evaluation, "REP-CIVIL").place, row(evaluation, "REP-CIVIL").jurisdiction) == ("160101", "court")
    assert (row(evaluation, "PRO-CEM").place, row(evaluation, "PRO-CEM").jurisdiction) == ("160101", "origin")


def shelter(places: dict[str, Any], **facts: Any) -> RequiredRow:
    return row(plan(places, age=30, gender="F", needs_shelter=True, **facts), "SHL-HRT")


def test_safe_district_avoids_exploitation_and_transit() -> None:
    found = shelter({"current": "040101", "exploitation": ["170102"], "transit": ["080101", "BR"]})
    assert found.avoided_provinces == {"1701", "0801"}
    assert (found.place, found.near, found.jurisdiction) == (None, "04", "safe_district")


@pytest.mark.parametrize(("danger", "avoided"), [("none", set()), ("possible", {"0401"}), ("imminent", {"0401"})])
def test_safe_district_avoids_where_she_is_when_in_danger(danger: str, avoided: set[str]) -> None:
    assert shelter({"current": "040101"}, danger=danger).avoided_provinces == avoided


@pytest.mark.parametrize(
    ("facts", "avoided"),
    [
        ({"incident": ["SEXUAL_VIOLENCE"]}, set()),
        ({"incident": ["GBV_PARTNER"]}, {"0801"}),
        ({"incident": ["GBV_FAMILY"]}, {"0801"}),
        ({"incident": ["TRAF"], "family_implicated": True}, {"0801"}),
    ],
)
def test_safe_district_avoids_the_origin_when_home_is_the_danger(facts: dict[str, Any], avoided: set[str]) -> None:
    assert shelter({"origin": "080101"}, **facts).avoided_provinces == avoided


def test_guard_is_unknown_until_somebody_answers() -> None:
    facts = {"age": 30, "danger": "imminent"}
    rule = PACK.rule("P5")
    assert unknown_guards(rule, normalise(facts, None)) == ("police_collusion",)
    assert unknown_guards(rule, normalise({**facts, "police_collusion": False}, None)) == ()


def test_holds_stay_with_their_rule() -> None:
    holds = {rule.id: rule.hold_until for rule in PACK.rules if rule.hold_until is not None}
    assert holds["M8"].services[0] == "JUS-FISTRAP"
    assert holds["M8"].lift_if_none
    assert not holds["A2"].lift_if_none
    assert holds["M4"].task == "READINESS"


def test_handling_codes_follow_constraints_and_interpreters() -> None:
    evaluation = plan(age=15, incident="TRAF", family_implicated=True, digital_surveillance=True, spanish_ok=False)
    assert set(evaluation.handling) == {
        "NO-FAMILY-CONTACT", "SAFE-CHANNEL-ONLY", "NO-NEW-NARRATIVE", "INTERPRETER-NOT-KIN",
    }  # fmt: skip
    assert "INTERPRETER-NOT-KIN" in plan(age=30, disability="hearing").handling


def test_facts_others_follow_from_are_open_when_what_follows_would_change_the_plan() -> None:
    assert "age_doubt" in plan(age=18, incident=["TRAF"]).open_facts, "a doubtful age counts as a minor's"
    assert "age_doubt" not in plan(age=16, incident=["TRAF"]).open_facts
    assert "lang" in plan(age=30, spanish_ok=False).open_facts, "an indigenous language asks for an interpreter"
    assert "lang" not in plan(age=30, spanish_ok=False, lang_family="indigenous").open_facts
    assert "lang" not in plan(age=30, spanish_ok=True).open_facts


def test_open_facts_are_unknown_facts_that_would_change_the_plan() -> None:
    evaluation = plan(age=30, incident="TRAF", wants_report="yes", pregnant=False)
    assert {"danger", "gender", "sv_hours", "police_collusion"} <= set(evaluation.open_facts)
    assert {"age", "incident", "pregnant", "is_minor"}.isdisjoint(evaluation.open_facts)
    assert "document" in evaluation.open_facts, "no papers would ask for RENIEC"
    assert "document" not in plan(age=10, foreign=True).open_facts
    assert "age" not in plan(is_minor=True).open_facts, "sixty would contradict her being a minor"
    assert "age" in plan(is_minor=False).open_facts


def test_open_fact_whose_only_effect_is_suppressed_is_not_open() -> None:
    quiet: dict[str, Any] = {"is_minor": False, "incident": ["TRAF"], "third_party": True}
    assert "fears_country" in plan(**quiet).open_facts
    minor: dict[str, Any] = {
        "is_minor": True,
        "age": 10,
        "migratory": "refugee",
        "fears_country": True,
        "third_party": True,
        "unaccompanied": True,
    }
    assert "foreign" not in plan(**minor).open_facts, "the consulate is out and nobody can consent to the rest"


def test_rules_out_of_force_on_a_day_ask_for_nothing() -> None:
    rules = tuple(replace(rule, valid_to=date(2026, 1, 1)) if rule.id == "M1" else rule for rule in PACK.rules)
    pack = replace(PACK, rules=rules)
    facts = normalise({"age": 15, "incident": "TRAF"}, None)
    assert "PRO-UPE" in services(evaluate(pack, facts))
    assert "PRO-UPE" in services(evaluate(pack, facts, at=date(2026, 1, 1)))
    later = evaluate(pack, facts, at=date(2026, 1, 2))
    assert "PRO-UPE" not in services(later)
    assert "unaccompanied" not in later.open_facts


def test_nobody_is_left_without_a_row() -> None:
    assert len(list(combinations(PACK))) == 336
    assert left_without_a_row(PACK) == ()


def test_a_pack_that_forgets_somebody_is_found_out() -> None:
    rules = tuple(rule for rule in PACK.rules if rule.id != "P3")
    pack = replace(PACK, rules=rules, probes=find_probes(rules, PACK.facts, PACK.languages))
    found = left_without_a_row(pack)
    assert {facts["gender"] for facts in found} == {"M", "TM"}
