from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from unavez_shared.contracts.errors import InvalidInputError
from unavez_shared.protocol import normalise

CAPTURED = datetime(2026, 11, 20, 15, 4, tzinfo=UTC)


def faults(facts: Any, places: Any = None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        normalise(facts, places)
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


def test_null_and_empty_mean_unknown() -> None:
    facts = normalise({"age": 30, "gender": None, "incident": [], "means": None}, {"current": None, "transit": []})
    assert dict(facts) == {"age": 30, "is_minor": False}
    assert facts.places_json() == {}
    assert not facts.known("gender")


def test_a_list_fact_accepts_one_bare_value_and_keeps_each_code_once() -> None:
    assert normalise({"age": 30, "incident": "TRAF"}, None)["incident"] == ("TRAF",)
    assert normalise({"age": 30, "incident": ["TRAF", "GBV_FAMILY", "TRAF"]}, None)["incident"] == (
        "TRAF",
        "GBV_FAMILY",
    )


@pytest.mark.parametrize(
    ("facts", "is_minor"),
    [
        ({"age": 17}, True),
        ({"age": 18}, False),
        ({"age": 16, "is_minor": False}, True),
        ({"age": 30, "is_minor": True}, False),
        ({"age": 19, "age_doubt": True}, True),
        ({"age_doubt": True}, True),
        ({"age_doubt": False, "is_minor": False}, False),
        ({"is_minor": True}, True),
    ],
)
def test_who_counts_as_a_minor(facts: dict[str, Any], is_minor: bool) -> None:
    assert normalise(facts, None).is_minor is is_minor


@pytest.mark.parametrize("facts", [None, {}, {"age": None}, {"age_doubt": False}, {"gender": "F"}])
def test_age_is_required_in_some_form(facts: Any) -> None:
    assert faults(facts) == [("/facts/age", "age_required")]


@pytest.mark.parametrize(("born", "age"), [(date(2009, 2, 1), 17), (date(2008, 11, 20), 18), (date(2008, 11, 21), 17)])
def test_age_follows_from_the_birth_date(born: date, age: int) -> None:
    assert normalise({}, None, captured_at=CAPTURED, birth_date=born)["age"] == age


@pytest.mark.parametrize(
    "written", ["2026-11-20T20:00:00-05:00", "2026-11-21T01:00:00+00:00", "2026-11-21T02:00:00+01:00"]
)
def test_she_is_a_minor_until_her_birthday_begins_in_peru_however_the_moment_is_written(written: str) -> None:
    eve = normalise({}, None, captured_at=datetime.fromisoformat(written), birth_date=date(2008, 11, 21))
    assert (eve["age"], eve.is_minor) == (17, True)


def test_she_comes_of_age_at_midnight_in_peru() -> None:
    midnight = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
    assert normalise({}, None, captured_at=midnight, birth_date=date(2008, 11, 21))["age"] == 18


def test_a_stated_age_is_not_overruled_by_the_birth_date() -> None:
    assert normalise({"age": 40}, None, captured_at=CAPTURED, birth_date=date(2009, 2, 1))["age"] == 40


def test_an_impossible_birth_date_gives_no_age() -> None:
    with pytest.raises(InvalidInputError):
        normalise({}, None, captured_at=CAPTURED, birth_date=date(2030, 1, 1))


@pytest.mark.parametrize(
    ("lang", "family"), [("quz", "indigenous"), ("spa", "spanish"), ("prl", "sign"), ("por", "foreign"), ("und", None)]
)
def test_language_family_follows_from_the_language(lang: str, family: str | None) -> None:
    assert normalise({"age": 30, "lang": lang}, None).get("lang_family") == family


def test_a_stated_language_family_stays() -> None:
    assert normalise({"age": 30, "lang": "spa", "lang_family": "indigenous"}, None)["lang_family"] == "indigenous"


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"colour": "red"}, ("/facts", "unknown_field")),
        ({"gender": "X"}, ("/facts/gender", "unknown_code")),
        ({"gender": True}, ("/facts/gender", "wrong_type")),
        ({"gender": ["F"]}, ("/facts/gender", "wrong_type")),
        ({"incident": ["TRAF", "THEFT"]}, ("/facts/incident", "unknown_code")),
        ({"incident": [None]}, ("/facts/incident", "wrong_type")),
        ({"incident": {"TRAF": 1}}, ("/facts/incident", "wrong_type")),
        ({"pregnant": "yes"}, ("/facts/pregnant", "wrong_type")),
        ({"pregnant": 1}, ("/facts/pregnant", "wrong_type")),
        ({"persons": 0}, ("/facts/persons", "out_of_range")),
        ({"sv_hours": 1.5}, ("/facts/sv_hours", "wrong_type")),
        ({"children_with": True}, ("/facts/children_with", "wrong_type")),
        ({"nationality": "XX"}, ("/facts/nationality", "unknown_code")),
        ({"lang": "klingon"}, ("/facts/lang", "unknown_code")),
    ],
)
def test_a_fact_outside_the_vocabulary_is_refused_without_naming_it(facts: Any, fault: tuple[str, str]) -> None:
    assert faults({"is_minor": False, **facts}) == [fault]


@pytest.mark.parametrize("age", [-1, 121, "30", True])
def test_a_wrong_age_is_one_fault(age: Any) -> None:
    assert len(faults({"age": age})) == 1


@pytest.mark.parametrize(
    ("places", "fault"),
    [
        ({"home": "150101"}, ("/places", "unknown_field")),
        ({"current": "999999"}, ("/places/current", "unknown_place")),
        ({"current": "1501"}, ("/places/current", "unknown_place")),
        ({"current": 150101}, ("/places/current", "wrong_type")),
        ({"current": ["150101"]}, ("/places/current", "wrong_type")),
        ({"origin": "ZZ"}, ("/places/origin", "unknown_place")),
        ({"exploitation": "000000"}, ("/places/exploitation", "unknown_place")),
        ({"exploitation": ["150101", "000000"]}, ("/places/exploitation/1", "unknown_place")),
        ({"transit": [None]}, ("/places/transit/0", "wrong_type")),
        ({"transit": ["150101"] * 101}, ("/places/transit", "too_long")),
        ({"current_exact": 5}, ("/places/current_exact", "wrong_type")),
        ({"current_exact": "x" * 2001}, ("/places/current_exact", "too_long")),
        ([], ("/places", "wrong_type")),
    ],
)
def test_a_place_that_does_not_exist_is_refused(places: Any, fault: tuple[str, str]) -> None:
    assert faults({"age": 30}, places) == [fault]


def test_every_fault_is_told_at_once() -> None:
    found = faults({"a": 1, "b": 2, "gender": "X"}, {"c": 1, "current": "999999"})
    assert found == [
        ("/facts", "unknown_field"),
        ("/facts/gender", "unknown_code"),
        ("/facts/age", "age_required"),
        ("/places", "unknown_field"),
        ("/places/current", "unknown_place"),
    ]


def test_facts_that_are_no_object_are_refused() -> None:
    assert faults(["age"]) == [("/facts", "wrong_type")]


def test_the_exact_place_and_the_repr_stay_out_of_the_routing_facts() -> None:
    facts = normalise({"age": 31}, {"current": "150101", "current_exact": "Jr. Ficticio 1"})
    assert facts.places_json() == {"current": "150101"}
    assert "31" not in repr(facts)
    assert "150101" not in repr(facts)
