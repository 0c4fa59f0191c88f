"""Bad input: a clear problem with pointers and codes, no echoed value or name, nothing stored."""

from __future__ import annotations

import base64
import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from unavez_shared.contracts.actor import Role

SECRET = "valor-secreto-inventado"


def _put(path: str, value: Any) -> Any:
    def change(body: dict[str, Any]) -> None:
        *parents, last = path.split("/")[1:]
        here: Any = body
        for step in parents:
            here = here[int(step)] if isinstance(here, list) else here.setdefault(step, {})
        here[last] = value

    return change


def _drop(name: str) -> Any:
    return lambda body: body.pop(name)


NUMBER, MOST_OF_A_NUMBER, MOST_OF_A_TEXT = "/identity/document/number", 40, 200
FREE_TEXTS = {
    "safe_contact": ("value", "hours", "code_word"),
    "dependants": ("ref", "school_year", "health_note"),
    "suspects": ("ref", "alias", "role", "features"),
    "sites": ("km", "alias", "kind", "from", "to", "others_present"),
    "evidence": ("ref", "kind", "described", "held_by"),
    "prior": ("kind", "institution_type", "on", "ref"),
}
"""Every text that may have 200 characters (CONTRACT "Intake")."""


def _put_text(part: str, name: str, text: str) -> tuple[Any, str]:
    """Return a change that says the text in this part of the body, and the place where it then stands."""
    if part == "safe_contact":
        return _put(f"/{part}/{name}", text), f"/{part}/{name}"
    return _put(f"/{part}", [{name: text}]), f"/{part}/0/{name}"


def _longer_than_allowed() -> dict[str, tuple[Any, tuple[str, str]]]:
    rows = {}
    for part, names in FREE_TEXTS.items():
        for name in names:
            change, pointer = _put_text(part, name, "x" * (MOST_OF_A_TEXT + 1))
            rows[f"text too long: {part}, {name}"] = (change, (pointer, "too_long"))
    return rows


CASES = {
    "unknown key": (_put(f"/{SECRET}", 1), ("", "unknown_field")),
    "unknown key below": (_put(f"/identity/{SECRET}", 1), ("/identity", "unknown_field")),
    "unknown key in a list": (_put("/suspects", [{SECRET: 1}]), ("/suspects/0", "unknown_field")),
    "unknown fact": (_put(f"/facts/{SECRET}", 1), ("/facts", "unknown_field")),
    "unknown fact code": (_put("/facts/gender", SECRET), ("/facts/gender", "unknown_code")),
    "wrong fact type": (_put("/facts/pregnant", SECRET), ("/facts/pregnant", "wrong_type")),
    "fact out of range": (_put("/facts/children_with", 21), ("/facts/children_with", "out_of_range")),
    "unknown place role": (_put(f"/places/{SECRET}", "170101"), ("/places", "unknown_field")),
    "no such district": (_put("/places/current", "179999"), ("/places/current", "unknown_place")),
    "no such district in a list": (_put("/places/transit", ["170101", SECRET]), ("/places/transit/1", "unknown_place")),
    "facts missing": (_drop("facts"), ("/facts", "required")),
    "record id missing": (_drop("client_record_id"), ("/client_record_id", "required")),
    "time missing": (_drop("captured_at"), ("/captured_at", "required")),
    "time without offset": (_put("/captured_at", "2026-11-20T15:04:00"), ("/captured_at", "offset_required")),
    "impossible time": (_put("/captured_at", "2026-02-30T15:04:00Z"), ("/captured_at", "invalid_date")),
    "time that has not come": (
        _put("/captured_at", (datetime.now(UTC) + timedelta(days=1)).isoformat()),
        ("/captured_at", "in_future"),
    ),
    "impossible birth date": (_put("/identity/birth_date", "2009-02-30"), ("/identity/birth_date", "invalid_date")),
    "birth date as a number": (_put("/identity/birth_date", "1234567890"), ("/identity/birth_date", "invalid_date")),
    "birth date that has not come": (
        _put("/identity/birth_date", (datetime.now(UTC) + timedelta(days=400)).date().isoformat()),
        ("/identity/birth_date", "in_future"),
    ),
    "birth date of long ago": (_put("/identity/birth_date", "1801-01-01"), ("/identity/birth_date", "out_of_range")),
    "unknown document type": (_put("/identity/document/type", SECRET), ("/identity/document/type", "unknown_code")),
    "document number too long": (_put(NUMBER, "9" * (MOST_OF_A_NUMBER + 1)), (NUMBER, "too_long")),
    "document number of no characters": (_put(NUMBER, ""), (NUMBER, "too_short")),
    "unknown country": (_put("/identity/document/country", "ZZ"), ("/identity/document/country", "unknown_code")),
    "unknown language": (_put("/interview_language", SECRET), ("/interview_language", "unknown_code")),
    "unknown status": (_put("/status", SECRET), ("/status", "unknown_code")),
    "text too long": (_put("/account", "x" * 100_001), ("/account", "too_long")),
    "list too long": (_put("/suspects", [{}] * 101), ("/suspects", "too_many")),
    "site that does not exist": (_put("/sites", [{"ubigeo": "999999"}]), ("/sites/0/ubigeo", "unknown_place")),
    "unknown relation": (_put("/suspects", [{"relation": SECRET}]), ("/suspects/0/relation", "unknown_code")),
    "pointer that is none": (_put("/declined", [SECRET]), ("/declined/0", "invalid_format")),
    "NUL in a text": (_put("/account", f"{SECRET}\x00"), ("/account", "invalid_text")),
    "consent for nobody": (_put("/consents", [{"mode": "signed"}]), ("/consents/0", "receiver_required")),
    "consent for an unknown service": (
        _put("/consents", [{"service_type": SECRET}]),
        ("/consents/0/service_type", "unknown_code"),
    ),
    "consent to an unknown category": (
        _put("/consents", [{"service_type": "PRO-CEM", "categories": [SECRET]}]),
        ("/consents/0/categories/0", "unknown_code"),
    ),
    "consent to what is in no packet": (
        _put("/consents", [{"service_type": "PRO-CEM", "categories": ["COMPELLED"]}]),
        ("/consents/0/categories/0", "unknown_code"),
    ),
    "consent that ends before it begins": (
        _put("/consents", [{"service_type": "PRO-CEM", "expires_at": "2020-01-01T00:00:00Z"}]),
        ("/consents/0/expires_at", "not_after_given_at"),
    ),
    "unknown service to avoid": (_put("/avoid/service_types", [SECRET]), ("/avoid/service_types/0", "unknown_code")),
    "second confirmer who is the first": (
        _put("/second_confirmed_by", " cw-12"),
        ("/second_confirmed_by", "same_person"),
    ),
    "a word where a truth is asked": (_put("/present", SECRET), ("/present", "wrong_type")),
    **_longer_than_allowed(),
}


async def test_each_impossible_body_is_named_by_place_and_code(intake: Any, body: dict[str, Any]) -> None:
    for name, (change, (pointer, code)) in CASES.items():
        wrong = copy.deepcopy(body)
        change(wrong)
        answer = await intake.post(wrong)
        assert answer.status_code == 422, (name, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        found = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
        assert (pointer, code) in found, (name, answer.text)
        assert SECRET not in answer.text, name
    assert await intake.rows("SELECT 1 FROM intakes UNION ALL SELECT 1 FROM outbox") == []


async def test_what_is_wrong_with_fields_facts_and_places_is_one_answer_with_what_was_meant(
    intake: Any, body: dict[str, Any]
) -> None:
    wrong = copy.deepcopy(body)
    wrong |= {"capturedat": wrong.pop("captured_at"), "account": "\x00", "status": SECRET}
    wrong["facts"] |= {"gendr": "F", "lang": SECRET}
    wrong["places"] = {"curent": "170101", "transit": ["170101", SECRET]}
    errors = {(e["pointer"], e["code"]): e for e in (await intake.post(wrong)).json()["errors"]}
    assert errors.keys() >= {
        ("", "unknown_field"),
        ("/captured_at", "required"),
        ("/account", "invalid_text"),
        ("/status", "unknown_code"),
        ("/facts", "unknown_field"),
        ("/facts/lang", "unknown_code"),
        ("/places", "unknown_field"),
        ("/places/transit/1", "unknown_place"),
    }
    assert errors["", "unknown_field"]["nearest"] == "captured_at"
    assert errors["/facts", "unknown_field"]["nearest"] == "gender"
    assert errors["/places", "unknown_field"]["nearest"] == "current"
    assert set(errors["/status", "unknown_code"]["allowed"]) == {"draft", "paused", "complete"}
    assert errors["/facts/lang", "unknown_code"]["vocabulary"] == "/intake/v1/vocabularies"
    assert "allowed" not in errors["/facts/lang", "unknown_code"]


async def test_texts_as_long_as_allowed_are_taken_and_read_back_whole(intake: Any, body: dict[str, Any]) -> None:
    # A letter that is one character and two bytes: characters are what is counted.
    number, text = "ñ" * MOST_OF_A_NUMBER, "ñ" * MOST_OF_A_TEXT
    _put(NUMBER, number)(body)
    for part, names in FREE_TEXTS.items():
        body[part] = dict.fromkeys(names, text) if part == "safe_contact" else [dict.fromkeys(names, text)]
    created = await intake.post(body)
    assert created.status_code == 201, created.text
    read = await intake.client.get(f"/v1/intakes/{created.json()['intake_id']}", headers=intake.bearer())

    assert read.json()["identity"]["document"]["number"] == number
    assert {part: read.json()[part] for part in FREE_TEXTS} == {part: body[part] for part in FREE_TEXTS}


async def test_all_faults_are_told_at_once(intake: Any, body: dict[str, Any]) -> None:
    body["facts"] |= {SECRET: 1, "gender": SECRET}
    body["places"]["current"] = SECRET
    body["identity"]["birth_date"] = "2199-01-01"
    errors = (await intake.post(body)).json()["errors"]

    assert {(error["pointer"], error["code"]) for error in errors} == {
        ("/facts", "unknown_field"),
        ("/facts/gender", "unknown_code"),
        ("/places/current", "unknown_place"),
        ("/identity/birth_date", "in_future"),
    }


async def test_a_negative_distance_is_one_fault(intake: Any, body: dict[str, Any]) -> None:
    body["sites"] = [{"km": -1}]
    answer = await intake.post(body)

    assert answer.json()["errors"] == [{"pointer": "/sites/0/km", "code": "out_of_range"}]


async def test_no_age_at_all_is_refused(intake: Any, body: dict[str, Any]) -> None:
    del body["identity"]
    answer = await intake.post(body)

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/facts/age", "code": "age_required"}]


async def test_what_is_not_a_body_is_refused(intake: Any) -> None:
    headers = intake.bearer() | {"Content-Type": "application/json"}
    quoted = b'"' + SECRET.encode() + b'"'
    for raw in (b"", b"{", b"[]", b'{"a":1', b"\xff\xfe", b'{"facts": NaN}', b"[" * 100_000, quoted):
        answer = await intake.client.post("/v1/intakes", content=raw, headers=headers)
        assert answer.status_code == 422, raw[:20]
        assert SECRET not in answer.text


async def test_two_megabytes_are_refused(intake: Any, body: dict[str, Any]) -> None:
    answer = await intake.post(body | {"account": "x" * 2_000_000})

    assert answer.status_code == 413
    assert await intake.rows("SELECT 1 FROM intakes") == []


async def test_a_token_that_does_not_hold_lets_nobody_in(intake: Any, body: dict[str, Any]) -> None:
    valid = intake.bearer()["Authorization"].split(" ")[1]
    header, payload, signature = valid.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    expired = intake.issuer.token(role=Role.FRONTLINE, organization_id=UUID(int=1), subject="ana", hours=-1)
    tokens = [
        f"{none}.{payload}.",
        f"{none}.{payload}.{signature}",
        expired,
        f"{header}.{payload}.",
        "no-es-un-token",
        "x" * 10_000,
    ]

    for token in tokens:
        answer = await intake.client.post("/v1/intakes", json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, token[:20]
        assert token not in answer.text
    assert (await intake.client.post("/v1/intakes", json=body)).status_code == 401
    assert await intake.rows("SELECT 1 FROM intakes") == []


async def test_other_roles_do_not_register(intake: Any) -> None:
    for role in set(Role) - {Role.FRONTLINE}:
        assert (await intake.post({"malformed": True}, role=role)).status_code == 403


async def test_the_answer_to_a_known_person_is_like_any_other(intake: Any, body: dict[str, Any]) -> None:
    first = await intake.post(body)
    known = await intake.post(body | {"client_record_id": str(uuid4())}, organization=uuid4())

    assert known.status_code == first.status_code == 201
    assert set(known.json()) == set(first.json())
    assert len(known.content) == len(first.content)


async def test_the_largest_consents_still_fit_into_one_event(intake: Any, body: dict[str, Any]) -> None:
    vocabularies = (await intake.client.get("/v1/vocabularies", headers=intake.bearer())).json()
    assert vocabularies["demo"] is True
    categories = list(vocabularies["categories"])
    body["consents"] = [
        {
            "service_type": "MIG-MIGRACIONES",
            "organization_id": str(uuid4()),
            "categories": categories,
            "expires_at": "2027-11-20T15:04:00.123456-05:00",
        }
        for _ in range(80)
    ]
    body["avoid"] = {
        "organization_ids": [str(uuid4()) for _ in range(100)],
        "service_types": list(vocabularies["service_types"]),
    }
    body["consent_shown"] = {"preview_digest": "x" * 4000}
    assert (await intake.post(body)).status_code == 201
    assert len((await intake.next_case()).consents) == 80
