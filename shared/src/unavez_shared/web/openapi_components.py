"""Schemas that several documents name: the protocol's closed lists, and the facts and places of a case."""

from __future__ import annotations

from typing import Any, Final

from unavez_shared.protocol import load_pack
from unavez_shared.protocol.normalise_places import EXACT, LISTED, MAX_EXACT, MAX_LISTED, SINGLE
from unavez_shared.protocol.vocabulary_types import FactSpec

CODES: Final[dict[str, str]] = {
    "fallback_for": "ServiceType",
    "handling": "HandlingCode",
    "receiver_service_type": "ServiceType",
    "service_type": "ServiceType",
    "service_types": "ServiceType",
    "categories": "DataCategory",
}
"""Properties that hold codes of a list, wherever they are plain strings."""

_PLACES: Final[dict[str, str]] = {
    "current": "Dónde está / where she is",
    "origin": "De dónde viene / where she comes from",
    "court": "Sede judicial / where her court is",
    "exploitation": "Dónde ocurrió, lo último primero / where it happened, the latest first",
    "transit": "Por dónde pasó / where she was brought through",
}


def component(name: str) -> dict[str, Any]:
    """Return the schema of that name, from the protocol pack. KeyError for a name that is none."""
    pack = load_pack("pe")
    if name == "Facts":
        return _facts()
    if name == "Places":
        return _places()
    if name == "Place":
        return {
            "type": "string",
            "pattern": "^([0-9]{6}|[A-Z]{2})$",
            "description": "6-digit INEI UBIGEO, or a country by ISO 3166-1 alpha-2",
        }
    codes, description = {
        "Country": (list(pack.countries), "ISO 3166-1 alpha-2"),
        "DataCategory": (
            [c.code for c in pack.categories.values() if not c.never],
            "What may be read: a set of fields",
        ),
        "HandlingCode": (list(pack.handling), "How to handle what is read"),
        "Language": (list(pack.languages), "ISO 639-3"),
        "ServiceType": (list(pack.services), "A kind of help"),
    }[name]
    return {"type": "string", "enum": sorted(codes), "description": description}


def _facts() -> dict[str, Any]:
    return {
        "type": "object",
        "title": "Facts",
        "description": "What is known of her. Absent = unknown; an age, `age_doubt` or `is_minor` is needed.",
        "additionalProperties": False,
        "properties": {name: _fact(spec) for name, spec in load_pack("pe").facts.items()},
    }


def _fact(spec: FactSpec) -> dict[str, Any]:
    note = f" ({spec.note})" if spec.note else ""
    described: dict[str, Any] = {"description": f"{spec.text.es} / {spec.text.en}{note}"}
    if spec.type == "country":
        return {"x-component": "Country", **described}
    if spec.type == "language":
        return {"x-component": "Language", **described}
    if spec.type == "code":
        return {"type": "string", "enum": list(spec.values), **described}
    if spec.type == "codes":
        return {"type": "array", "items": {"type": "string", "enum": list(spec.values)}, **described}
    bounds = {"minimum": spec.minimum, "maximum": spec.maximum}
    return {"type": spec.type, **described, **{name: bound for name, bound in bounds.items() if bound is not None}}


def _places() -> dict[str, Any]:
    place = {"x-component": "Place"}
    single: dict[str, Any] = {role: {**place, "description": _PLACES[role]} for role in SINGLE}
    listed = {
        role: {"type": "array", "items": dict(place), "maxItems": MAX_LISTED, "description": _PLACES[role]}
        for role in LISTED
    }
    exact = {"type": "string", "maxLength": MAX_EXACT, "description": "Lugar exacto, en palabras / the exact place"}
    return {
        "type": "object",
        "title": "Places",
        "description": "Where she is and where it happened, by role. Absent = unknown.",
        "additionalProperties": False,
        "properties": {**single, **listed, EXACT: exact},
    }
