"""What one receiver reads of one intake: exactly the fields its categories open, at this stage (SAFETY N8).

Pure: the decrypted intake goes in, pointers and values come out. Who holds which categories is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from unavez_shared.protocol.categories import age_band, fields_of, offer_pointers, packet_pointers
from unavez_shared.protocol.loader import load_pack
from unavez_shared.protocol.places import department, is_ubigeo

Stage = Literal["offer", "accepted"]
Part = Literal["file", "reserved"]

WAIT_FOR_LAWYER = ("CRIME", "CRIME_MIN", "ACCOUNT_SUMMARY", "ACCOUNT_FULL")
_CODED = ("/facts/", "/places/")
"""Coded fields, which the condition and the place of a rule imply, do not wait: only what she narrated does."""
LAWYER = "JUS-SUNADEP"
"""What she is referred for: whoever takes that referral is her lawyer, a stand-in included. A public defender who
stands in for another service is not."""
RESERVED = "ID"
KIT_HOURS = 72


@dataclass(frozen=True, slots=True, repr=False)
class Projection:
    """The fields of one packet. The repr says nothing: these are hers."""

    fields: Mapping[str, Any]
    not_available: tuple[str, ...]
    """Pointers of the categories without a value: refused, unknown, never asked or waiting, all alike (N8, N9)."""

    def __repr__(self) -> str:
        return "Projection(…)"


def project(
    document: Mapping[str, Any],
    categories: Collection[str],
    service_type: str,
    *,
    stage: Stage,
    part: Part = "file",
    readable: Collection[str] | None = None,
    lawyer_heard: bool = False,
) -> Projection:
    """Return what a receiver of this type reads of the intake `document` (CONTRACT "Intake"; facts normalised).

    `categories` are those of the rules that let the referral leave: they alone give the packet its shape, `fields` and
    `not_available` together. `readable` are those of them she agreed to (None: all); `part` concerns JUS-* only. Where
    she was forced to offend, what she narrated of the crime is not available until `lawyer_heard`: her lawyer has the
    case, or this receiver is that lawyer.
    """
    pointers = _pointers(categories, service_type, stage)
    readable_pointers = set(pointers if readable is None else _pointers(readable, service_type, stage))
    if not lawyer_heard:
        readable_pointers -= _waiting_for_lawyer(document, service_type)
    if load_pack("pe").services[service_type].is_justice:
        reserved = set(fields_of(RESERVED, service_type))
        pointers = tuple(pointer for pointer in pointers if (pointer in reserved) == (part == "reserved"))
    fields: dict[str, Any] = {}
    missing: list[str] = []
    for pointer in pointers:
        value = _value(document, pointer, service_type) if pointer in readable_pointers else None
        if value is None:
            missing.append(pointer)
        else:
            fields[pointer] = value
    return Projection(fields, tuple(missing))


def _pointers(categories: Collection[str], service_type: str, stage: Stage) -> tuple[str, ...]:
    return offer_pointers(categories, service_type) if stage == "offer" else packet_pointers(categories, service_type)


def _waiting_for_lawyer(document: Mapping[str, Any], service_type: str) -> frozenset[str]:
    """Return what waits, whichever category opens it: a narrower one (CRIME_SITE) tells the same story."""
    if _at(document, "/facts/forced_to_offend") is not True:
        return frozenset()
    return frozenset(
        pointer for pointer in packet_pointers(WAIT_FOR_LAWYER, service_type) if not pointer.startswith(_CODED)
    )


def _value(document: Mapping[str, Any], pointer: str, service_type: str) -> Any:
    derive = _DERIVED.get(pointer)
    return _known(_at(document, pointer) if derive is None else derive(document, service_type))


def _at(document: Mapping[str, Any], pointer: str) -> Any:
    value: Any = document
    for step in pointer[1:].split("/"):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _known(value: Any) -> Any:
    """Return the value without its empty parts; None when nothing is left: an empty place would tell of a refusal."""
    if isinstance(value, Mapping):
        kept = {key: inner for key, item in value.items() if (inner := _known(item)) is not None}
        return kept or None
    if isinstance(value, list | tuple):
        items = [inner for item in value if (inner := _known(item)) is not None]
        return items or None
    return None if value == "" else value


def _age_band(document: Mapping[str, Any], _: str) -> str | None:
    return age_band(_at(document, "/facts/age"), _at(document, "/facts/is_minor"))


def _department(document: Mapping[str, Any], service_type: str) -> str | None:
    """Return the 2-digit department of the place this receiver may know: where she is, or where it happened."""
    (pointer, *_) = fields_of("LOC_DISTRICT", service_type)
    place = _at(document, pointer)
    if isinstance(place, list | tuple):
        place = place[0] if place else None
    return department(place) if isinstance(place, str) and is_ubigeo(place) else None


def _within_72_hours(document: Mapping[str, Any], _: str) -> bool | None:
    hours = _at(document, "/facts/sv_hours")
    return None if hours is None else bool(hours <= KIT_HOURS)


_DERIVED: Mapping[str, Callable[[Mapping[str, Any], str], Any]] = {
    "/derived/age_band": _age_band,
    "/derived/department": _department,
    "/derived/within_72_hours": _within_72_hours,
}
