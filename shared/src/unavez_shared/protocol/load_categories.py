"""The data categories of a pack, and what an offer may show of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unavez_shared.protocol.pointers import DERIVED, FACT, FIELDS, IN_NO_PACKET
from unavez_shared.protocol.read_entries import read_entry, read_flag, read_list, read_text
from unavez_shared.protocol.source import PathTo, Source
from unavez_shared.protocol.vocabulary_types import FactSpec, PacketCategory, ServiceType


def load_categories(
    source: Source, services: Mapping[str, ServiceType], facts: Mapping[str, FactSpec]
) -> dict[str, PacketCategory]:
    """Return the data categories of a pack; raises PackError."""
    result = {}
    for code in source.mapping(("categories",)):
        path = ("categories", code)
        entry = read_entry(source, path, {"es", "en", "pointers"}, {"justice", "justice_except", "explicit", "never"})
        text = read_text(source, path, entry)
        receivers = read_list(source, (*path, "justice_except"), entry.get("justice_except", []))
        for receiver in receivers:
            if not isinstance(receiver, str) or receiver not in services:
                raise source.error((*path, "justice_except"), f"unknown service {receiver}")
        never = read_flag(source, path, entry, "never")
        if code in IN_NO_PACKET and not never:
            raise source.error((*path, "never"), f"{code} is in no packet: never must be true")
        result[code] = PacketCategory(
            code=code,
            es=text.es,
            en=text.en,
            pointers=_pointers(source, (*path, "pointers"), entry["pointers"], facts),
            pointers_justice=_pointers(source, (*path, "justice"), entry["justice"], facts)
            if "justice" in entry
            else None,
            justice_except=frozenset(receivers),
            by_explicit_consent_only=read_flag(source, path, entry, "explicit"),
            never=never,
        )
    return result


def load_offer(
    source: Source, categories: Mapping[str, PacketCategory], facts: Mapping[str, FactSpec]
) -> tuple[tuple[str, str], ...]:
    """Return what an offer may show, as (category, pointer); raises PackError."""
    shown: list[tuple[str, str]] = []
    for code, pointers in source.mapping(("offer",)).items():
        if code not in categories:
            raise source.error(("offer", code), f"unknown category {code}")
        shown += [(code, pointer) for pointer in _pointers(source, ("offer", code), pointers, facts)]
    return tuple(shown)


def _pointers(source: Source, path: PathTo, value: Any, facts: Mapping[str, FactSpec]) -> tuple[str, ...]:
    """Return the pointers of a list that name something an intake has; a misspelt one would open nothing in silence."""
    pointers = read_list(source, path, value)
    for index, pointer in enumerate(pointers):
        if not isinstance(pointer, str):
            raise source.error((*path, index), f"{pointer!r} is no pointer")
        if pointer.startswith(FACT) and pointer.removeprefix(FACT) not in facts:
            raise source.error((*path, index), f"unknown fact in {pointer}")
        if not pointer.startswith(FACT) and pointer not in FIELDS | DERIVED:
            raise source.error((*path, index), f"unknown field {pointer}")
    return tuple(pointers)
