"""What each receiver reads. Synthetic: nobody here exists."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from unavez_shared.protocol import load_pack
from unavez_shared.protocol.categories import age_band, fields_of, grantable, offer_pointers, packet_pointers
from unavez_shared.protocol.packet import _DERIVED, Projection, Stage, project
from unavez_shared.protocol.pointers import DERIVED

PACK = load_pack("pe")
NARRATED = {"account", "account_summary", "suspects", "sites", "evidence"}
RULE = {rule.id: rule for rule in PACK.rules}

INTAKE: dict[str, Any] = {
    "identity": {"name": "Persona Ficticia", "preferred_name": None, "document": {"type": "DNI", "number": "F-000"}},
    "safe_contact": {"allowed": True, "methods": ["in_person"], "value": "con la promotora"},
    "legal_address": {"organization_id": "00000000-0000-4000-8000-000000000001"},
    "interpreter": "professional",
    "facts": {
        "age": 29, "is_minor": False, "gender": "TF", "lgbtiq": True, "pregnant": False, "children_with": 2,
        "placement_group": "women", "incident": ["TRAF"], "exploitation": ["SEX"], "means": ["debt"], "lang": "quz",
        "spanish_ok": False, "lang_family": "indigenous", "sv_hours": 72, "injury": True, "suicide": "some",
        "danger": "possible", "wants_job": True, "wants_report": "yes", "needs_shelter": True, "migratory": "regular",
    },
    "places": {"current": "170101", "exploitation": ["080201"], "current_exact": "casa azul", "court": "150101"},
    "account": "EL RELATO", "account_summary": "EL RESUMEN",
    "details": {"crime": "DELITO", "health": "SALUD", "psychological": "PSICO", "compelled_acts": "OBLIGADA",
                "family": "FAMILIA", "migration": "MIGRACION", "readiness": "LISTA", "reintegration": "PLAN"},
    "dependants": [{"ref": "h1", "age": 7, "health_note": ""}],
    "suspects": [{"ref": "s1", "alias": "Alias Ficticio"}],
    "sites": [{"km": "118"}], "evidence": [],
    "reporter": {"name": "Denunciante Ficticia"},
}  # fmt: skip


def accepted(categories: list[str], service_type: str, **options: Any) -> Projection:
    return project(INTAKE, categories, service_type, stage="accepted", **options)


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("ROUTE", {}),
        ("ID", {"/identity": {"name": "Persona Ficticia", "document": {"type": "DNI", "number": "F-000"}}}),
        ("SAFE_CONTACT", {"/safe_contact": INTAKE["safe_contact"]}),
        (
            "DEMO",
            {
                "/derived/age_band": "18-29",
                "/facts/placement_group": "women",
                "/facts/children_with": 2,
                "/facts/pregnant": False,
                "/dependants": [{"ref": "h1", "age": 7}],
            },
        ),
        ("LOC_DISTRICT", {"/places/current": "170101"}),
        ("LOC_EXACT", {"/places/current": "170101", "/places/current_exact": "casa azul"}),
        ("NEEDS", {"/facts/needs_shelter": True, "/facts/wants_job": True}),
        ("SAFETY", {"/facts/danger": "possible"}),
        ("HEALTH_MIN", {"/facts/injury": True, "/facts/pregnant": False, "/derived/within_72_hours": True}),
        ("PSY_MIN", {"/facts/suicide": "some"}),
        ("PSY", {"/facts/suicide": "some", "/details/psychological": "PSICO"}),
        ("ACCOUNT_SUMMARY", {"/account_summary": "EL RESUMEN"}),
        ("ACCOUNT_FULL", {"/account_summary": "EL RESUMEN"}),
        ("CRIME_SITE", {"/sites": [{"km": "118"}], "/places/exploitation": ["080201"]}),
        ("FAMILY", {"/details/family": "FAMILIA"}),
        ("ACCESS", {"/facts/lang": "quz", "/facts/spanish_ok": False, "/interpreter": "professional"}),
        ("READINESS", {"/details/readiness": "LISTA"}),
        ("COURT", {"/places/court": "150101"}),
        ("SOGIESC", {"/facts/gender": "TF", "/facts/lgbtiq": True}),
        ("ETHNICITY", {"/facts/lang_family": "indigenous"}),
        ("COMPELLED", {}),
    ],
)
def test_each_category_opens_its_fields_and_no_other(category: str, expected: dict[str, Any]) -> None:
    assert accepted([category], "PRO-CEM").fields == expected


def test_wider_categories_contain_the_narrower_ones() -> None:
    assert set(fields_of("CRIME_SITE")) < set(fields_of("CRIME_MIN")) < set(fields_of("CRIME"))
    assert set(fields_of("HEALTH_MIN")) < set(fields_of("HEALTH"))
    assert set(fields_of("PSY_MIN")) < set(fields_of("PSY"))


def test_empty_fields_look_alike_whatever_the_reason() -> None:
    declined = deepcopy(INTAKE)
    declined["facts"].pop("suicide")
    declined["declined"] = ["/facts/suicide"]
    never_asked = deepcopy(INTAKE)
    never_asked["facts"]["suicide"] = None
    for document in (declined, never_asked):
        packet = project(document, ["PSY_MIN"], "HLT-CSMC", stage="accepted")
        assert (packet.fields, packet.not_available) == ({}, ("/facts/suicide",))


def test_prosecutor_reads_the_crime_place_and_the_legal_address_and_nothing_of_where_she_is() -> None:
    packet = accepted([*RULE["A1"].categories, "LOC_EXACT"], "JUS-FISTRAP")
    assert packet.fields["/places/exploitation"] == ["080201"]
    assert packet.fields["/legal_address"] == INTAKE["legal_address"]
    assert "170101" not in str(packet.fields)
    assert "promotora" not in str(packet.fields)
    assert "EL RELATO" not in str(packet.fields)


def test_identity_of_a_justice_packet_is_in_the_reserved_part_only() -> None:
    categories = list(RULE["A1"].categories)
    assert "/identity" not in accepted(categories, "JUS-FISTRAP").fields
    assert set(accepted(categories, "JUS-FISTRAP", part="reserved").fields) == {"/identity"}
    assert "/identity" in accepted(["ID"], "PRO-CEM", part="reserved").fields, "other services answer their one packet"


def test_her_lawyer_reads_the_safe_contact() -> None:
    assert "/safe_contact" in accepted(["SAFE_CONTACT"], "JUS-SUNADEP").fields


def test_whole_account_leaves_only_to_justice_and_only_by_its_own_category() -> None:
    assert accepted(["ACCOUNT_FULL"], "JUS-FISTRAP").fields["/account"] == "EL RELATO"
    every_other = [code for code in PACK.categories if code != "ACCOUNT_FULL"]
    for service_type in PACK.services:
        assert "EL RELATO" not in str(accepted(every_other, service_type).fields)
    assert "EL RELATO" not in str(accepted(["ACCOUNT_FULL"], "PRO-CEM").fields)


def test_reporter_and_compelled_acts_are_in_no_packet_whatsoever() -> None:
    for service_type in PACK.services:
        seen = "".join(str(accepted(list(PACK.categories), service_type, part=part)) for part in ("file", "reserved"))
        fields = [accepted(list(PACK.categories), service_type, part=part).fields for part in ("file", "reserved")]
        assert "OBLIGADA" not in str(fields)
        assert "Denunciante" not in str(fields)
        assert "Ficticia" not in seen, "the repr says nothing"


@pytest.mark.parametrize("stage", ["offer", "accepted"])
@pytest.mark.parametrize("service_type", sorted(PACK.services))
def test_who_was_forced_to_offend_looks_like_who_narrated_nothing(service_type: str, stage: Stage) -> None:
    silent = {key: value for key, value in deepcopy(INTAKE).items() if key not in NARRATED}
    silent["details"] = {key: value for key, value in INTAKE["details"].items() if key != "crime"}
    forced = deepcopy(INTAKE)
    forced["facts"]["forced_to_offend"] = True
    for part in ("file", "reserved"):
        waiting = project(forced, list(PACK.categories), service_type, stage=stage, part=part)
        assert waiting == project(silent, list(PACK.categories), service_type, stage=stage, part=part)
        later = project(forced, list(PACK.categories), service_type, stage=stage, part=part, lawyer_heard=True)
        assert later == project(INTAKE, list(PACK.categories), service_type, stage=stage, part=part)


def test_what_the_condition_of_a_rule_implies_does_not_wait_and_every_narrative_does() -> None:
    forced = deepcopy(INTAKE)
    forced["facts"]["forced_to_offend"] = True
    coded = project(forced, ["CRIME"], "JUS-FISTRAP", stage="accepted").fields
    assert set(coded) == {"/facts/incident", "/facts/exploitation", "/facts/means", "/places/exploitation"}
    assert project(forced, ["CRIME_SITE", "ACCOUNT_FULL"], "JUS-FISTRAP", stage="accepted").fields == {
        "/places/exploitation": ["080201"]
    }


def test_what_she_refused_is_not_available_like_what_she_never_told() -> None:
    categories = list(RULE["A1"].categories)
    for refused in categories:
        readable = [category for category in categories if category != refused]
        packet = project(INTAKE, categories, "JUS-FISTRAP", stage="accepted", readable=readable)
        assert packet.fields == project(INTAKE, readable, "JUS-FISTRAP", stage="accepted").fields
        everything = project(INTAKE, categories, "JUS-FISTRAP", stage="accepted")
        assert {*packet.fields, *packet.not_available} == {*everything.fields, *everything.not_available}
    nothing = project(INTAKE, categories, "JUS-FISTRAP", stage="accepted", readable=[])
    assert nothing == project({}, categories, "JUS-FISTRAP", stage="accepted")


def test_offer_shows_age_band_department_and_language_and_only_of_what_was_granted() -> None:
    offer = project(INTAKE, list(RULE["M1"].categories), "PRO-UPE", stage="offer")
    assert offer.fields == {"/derived/age_band": "18-29", "/derived/department": "17"}
    interpreter = project(INTAKE, ["ROUTE", "ACCESS"], "ACC-CIT", stage="offer")
    assert interpreter.fields == {"/facts/lang": "quz", "/facts/spanish_ok": False}
    prosecutor = project(INTAKE, list(RULE["A1"].categories), "JUS-FISTRAP", stage="offer")
    assert prosecutor.fields["/derived/department"] == "08", "where it happened, not where she is"
    assert project(INTAKE, ["ID", "CRIME", "PSY"], "PRO-CEM", stage="offer").fields == {}
    assert project(INTAKE, ["ID"], "JUS-FISTRAP", stage="offer", part="reserved").fields == {}


def test_offer_of_a_place_abroad_has_no_department() -> None:
    abroad = {"facts": {}, "places": {"current": "CO"}}
    assert project(abroad, ["LOC_DISTRICT"], "PRO-CEM", stage="offer").not_available == ("/derived/department",)


def test_an_empty_intake_gives_an_empty_packet() -> None:
    packet = project({}, list(PACK.categories), "PRO-CEM", stage="accepted")
    assert packet.fields == {}
    assert packet.not_available == packet_pointers(PACK.categories, "PRO-CEM")


def test_sensitive_categories_open_only_when_a_consent_names_them() -> None:
    asked = ["DEMO", "SOGIESC", "ETHNICITY", "ACCOUNT_FULL", "COMPELLED", "NONSENSE"]
    assert grantable(asked, explicit=False) == {"DEMO"}
    assert grantable(asked, explicit=True) == {"DEMO", "SOGIESC", "ETHNICITY", "ACCOUNT_FULL"}


@pytest.mark.parametrize(
    ("age", "is_minor", "band"),
    [
        (0, True, "0-11"), (11, True, "0-11"), (12, True, "12-13"), (14, True, "14-17"), (17, True, "14-17"),
        (18, False, "18-29"), (30, False, "30-59"), (60, False, "60+"), (120, False, "60+"),
        (None, True, "0-17"), (None, False, "18+"), (19, True, "0-17"), (None, None, None),
    ],
)  # fmt: skip
def test_age_bands(age: int | None, is_minor: bool | None, band: str | None) -> None:
    assert age_band(age, is_minor) == band


def test_every_derived_field_of_the_table_can_be_computed() -> None:
    named = {pointer for code in PACK.categories for pointer in packet_pointers([code], "PRO-CEM")}
    named |= set(offer_pointers(list(PACK.categories), "PRO-CEM"))
    assert {pointer for pointer in named if pointer.startswith("/derived/")} == set(_DERIVED)


def test_every_derived_field_a_category_may_name_is_computed() -> None:
    assert set(_DERIVED) == DERIVED
