"""From pydantic's complaints to our faults: pointers and codes, never a value, never a name we do not know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic_core.core_schema import ErrorType

from unavez_shared.contracts.errors import Fault, unknown_code
from unavez_shared.contracts.nearest import Hints
from unavez_shared.web.shapes import known_names, names_at, values_at

MAX_FAULTS: Final = 100
_WRONG_TYPE: Final = "wrong_type"

_CODES: Final[Mapping[str, str]] = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "json_invalid": "malformed_json",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "too_long": "too_many",
    "too_short": "too_few",
    "string_pattern_mismatch": "invalid_format",
    "string_unicode": "invalid_text",
    "enum": "unknown_code",
    "literal_error": "unknown_code",
    "union_tag_invalid": "unknown_code",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "finite_number": "out_of_range",
    "int_parsing_size": "out_of_range",
    "timezone_aware": "offset_required",
    "timezone_naive": "offset_required",
}
_PYDANTIC_KINDS: Final = frozenset(get_args(ErrorType))


def faults_of(
    details: Iterable[Mapping[str, Any]], *, model: type[BaseModel] | None = None, data: Any = None, skip: int = 0
) -> list[Fault]:
    """Return the faults of pydantic's `errors()`, at most 100, without repetitions.

    `data` is the decoded input: a pointer leads into it as far as its names are in `model` (None = take the location
    as it is, for declared parameters), so that union tags, dictionary keys and unknown names never show. `skip` drops
    leading parts of the location.
    """
    faults: dict[Fault, bool] = {}
    hints = Hints()
    for detail in details:
        location = detail["loc"][skip:]
        kind = detail["type"]
        unknown = None
        if kind == "extra_forbidden":
            location, unknown = location[:-1], location[-1]
        parts, value = list(location), None
        if model is not None:
            parts, value = _known_path(location, known_names(model), data, missing=kind == "missing")
        fault = _fault(detail, parts, model, unknown if _holds(value, unknown) else None, hints)
        faults[fault] = isinstance(value, dict)
        if len(faults) >= MAX_FAULTS:
            break
    return _without_echoes(faults)


def _holds(value: Any, unknown: Any) -> bool:
    # Not when the path ended early, at a key of the sender's own making: the names there are others.
    return isinstance(value, dict) and unknown in value


def _fault(
    detail: Mapping[str, Any],
    parts: Sequence[str | int],
    model: type[BaseModel] | None,
    unknown: str | None,
    hints: Hints,
) -> Fault:
    kind, at = detail["type"], pointer(parts)
    code = _code(kind)
    if model is not None and unknown is not None:
        return Fault(at, code, nearest=hints.nearest(unknown, names_at(model, parts)))
    if code == "unknown_code" and kind in _CODES and model is not None:
        return unknown_code(at, values_at(model, parts))
    if kind not in _PYDANTIC_KINDS:
        return unknown_code(at, detail.get("ctx", {}).get("known", ()), code)
    return Fault(at, code)


def _without_echoes(faults: Mapping[Fault, bool]) -> list[Fault]:
    """Leave out what the other branches of a union say beside the branch that was meant: only that it is not theirs.

    In an object (True) the complaint may be about a key of the sender's own making, told at its parent: it stays.
    """
    told = {fault.pointer for fault in faults if fault.code != _WRONG_TYPE}
    for fault in faults:
        parent = fault.pointer
        while parent:
            parent = parent.rpartition("/")[0]
            told.add(parent)
    return [
        fault
        for fault, in_object in faults.items()
        if in_object or fault.code != _WRONG_TYPE or fault.pointer not in told
    ]


def pointer(parts: Sequence[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _known_path(
    location: Sequence[str | int], known: frozenset[str], data: Any, *, missing: bool
) -> tuple[list[str | int], Any]:
    """Return the part of a location that may be shown, and what stands there."""
    parts: list[str | int] = []
    here = data
    for index, part in enumerate(location):
        if isinstance(here, list) and isinstance(part, int) and part < len(here):
            parts.append(part)
            here = here[part]
        elif isinstance(here, dict) and part in here:
            if part not in known:
                break  # a key of the sender's own making: the fault is told at its parent
            parts.append(part)
            here = here[part]
        elif missing and index == len(location) - 1 and part in known:
            parts.append(part)
    return parts, here


def _code(kind: str) -> str:
    if kind in _CODES:
        return _CODES[kind]
    if kind not in _PYDANTIC_KINDS:
        return kind  # a PydanticCustomError of ours: its type is the stable code
    if kind.startswith("uuid"):
        return "invalid_uuid"
    if kind.startswith(("date", "time")):
        return "invalid_date"
    if kind.endswith(("_type", "_parsing", "_attributes_type")) or kind in {"is_instance_of", "int_from_float"}:
        return _WRONG_TYPE
    return "invalid"
