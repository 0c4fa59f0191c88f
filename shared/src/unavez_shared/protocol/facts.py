"""The facts of one case, normalised: the closed vocabulary, what follows from what, and nothing else (PROTOCOL 5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from unavez_shared.contracts.errors import Fault, InvalidInputError, unknown_code
from unavez_shared.contracts.nearest import Hints
from unavez_shared.protocol.days import day_in_peru
from unavez_shared.protocol.loader import load_pack
from unavez_shared.protocol.normalise_places import Places, normalise_places
from unavez_shared.protocol.vocabulary_types import FactSpec

ADULT_AGE = 18

_NOT_FACTS = Fault("/facts", "wrong_type")
_AGE_POINTERS = ("/facts/age", "/facts/age_doubt", "/facts/is_minor")
"""Whoever got one of these wrong is told that, and not also that the age is missing."""


@dataclass(frozen=True, slots=True, repr=False)
class Facts(Mapping[str, Any]):
    """Known facts and places. Absent = unknown. The repr says nothing: these are hers."""

    stated: Mapping[str, Any]
    """Booleans, integers, codes; list facts are tuples of codes."""
    places: Places

    def __getitem__(self, name: str) -> Any:
        return self.stated[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.stated)

    def __len__(self) -> int:
        return len(self.stated)

    def __repr__(self) -> str:
        return f"Facts({len(self.stated)} known)"

    def known(self, name: str) -> bool:
        """Return whether the fact has a value."""
        return name in self.stated

    @property
    def is_minor(self) -> bool:
        """Return whether she counts as a minor; always known after normalisation."""
        return bool(self.stated["is_minor"])

    def facts_json(self) -> dict[str, Any]:
        """Return the facts as JSON: `normalise` of it gives the same facts again."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.stated.items()}

    def places_json(self) -> dict[str, Any]:
        """Return the places as JSON, the free text of the exact place left out."""
        return self.places.json()


def normalise(
    facts: Mapping[str, Any] | None,
    places: Mapping[str, Any] | None,
    *,
    captured_at: datetime | None = None,
    birth_date: date | None = None,
) -> Facts:
    """Check facts and places against the closed vocabulary and add what follows from them.

    `age` comes from `birth_date` when it was not given, on the day in Peru of `captured_at`; `lang_family` from `lang`;
    `is_minor` from `age_doubt` or the age. Raises InvalidInputError with all faults, below "/facts" and "/places".
    """
    faults: list[Fault] = []
    values = _known_values(facts, faults)
    _add_age(values, captured_at, birth_date)
    add_what_follows(values)
    if "is_minor" not in values and not any(fault.pointer in _AGE_POINTERS or fault == _NOT_FACTS for fault in faults):
        faults.append(Fault("/facts/age", "age_required"))
    normalised_places = normalise_places(places, faults)
    if faults:
        raise InvalidInputError(tuple(dict.fromkeys(faults)))
    return Facts(values, normalised_places)


def faults_beside(document: Any) -> list[Fault]:
    """Return what is wrong with the facts and places of a body whose other parts cannot be read.

    Whether the age is missing, nobody can tell then: it may follow from the rest.
    """
    if not isinstance(document, Mapping):
        return []
    try:
        normalise(document.get("facts"), document.get("places"))
    except InvalidInputError as error:
        return [fault for fault in error.faults if fault.code != "age_required"]
    return []


def _known_values(facts: Mapping[str, Any] | None, faults: list[Fault]) -> dict[str, Any]:
    if facts is None:
        return {}
    if not isinstance(facts, Mapping):
        faults.append(_NOT_FACTS)
        return {}
    vocabulary = load_pack("pe").facts
    values: dict[str, Any] = {}
    hints = Hints()
    for name, value in facts.items():
        spec = vocabulary.get(name)
        if spec is None:
            faults.append(Fault("/facts", "unknown_field", nearest=hints.nearest(name, vocabulary)))
        elif value is not None and value != []:
            read = _read(spec, value)
            if isinstance(read, Fault):
                faults.append(read)
            else:
                values[name] = read
    return values


def _read(spec: FactSpec, value: Any) -> Any:
    """Return the value as the rules read it, or the fault."""
    if spec.type != "codes":
        return _read_one(spec, value)
    codes = value if isinstance(value, list | tuple) else [value]
    read = [_read_one(spec, code) for code in codes]
    for code in read:
        if isinstance(code, Fault):
            return code
    return tuple(dict.fromkeys(read))


def _read_one(spec: FactSpec, value: Any) -> Any:
    pointer = f"/facts/{spec.name}"
    if spec.type == "boolean":
        return value if isinstance(value, bool) else Fault(pointer, "wrong_type")
    if spec.type == "integer":
        if isinstance(value, bool) or not isinstance(value, int):
            return Fault(pointer, "wrong_type")
        inside = (spec.minimum is None or spec.minimum <= value) and (spec.maximum is None or value <= spec.maximum)
        return value if inside else Fault(pointer, "out_of_range")
    if not isinstance(value, str):
        return Fault(pointer, "wrong_type")
    pack = load_pack("pe")
    known = {"country": pack.countries, "language": pack.languages}.get(spec.type, spec.values)
    return value if value in known else unknown_code(pointer, known)


def _add_age(values: dict[str, Any], captured_at: datetime | None, birth_date: date | None) -> None:
    if "age" in values or captured_at is None or birth_date is None:
        return
    spec = load_pack("pe").facts["age"]
    age = age_on(birth_date, day_in_peru(captured_at))
    if (spec.minimum or 0) <= age <= (spec.maximum or age):
        values["age"] = age


def age_on(birth_date: date, day: date) -> int:
    """Return completed years on that day; negative for a birth date in its future."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def add_what_follows(values: dict[str, Any]) -> None:
    """Add the language's family, and whether she counts as a minor, to facts that are in the vocabulary."""
    _add_language_family(values)
    minor = _is_minor(values)
    if minor is not None:
        values["is_minor"] = minor


def _add_language_family(values: dict[str, Any]) -> None:
    if "lang" in values and "lang_family" not in values:
        family = load_pack("pe").languages[values["lang"]].family
        if family is not None:
            values["lang_family"] = family


def _is_minor(values: Mapping[str, Any]) -> bool | None:
    if values.get("age_doubt"):
        return True
    if "age" in values:
        return bool(values["age"] < ADULT_AGE)
    sent = values.get("is_minor")
    return sent if isinstance(sent, bool) else None
