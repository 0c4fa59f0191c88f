"""The small pieces every vocabulary of a pack is made of, each refused where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unavez_shared.protocol.source import PathTo, Source
from unavez_shared.protocol.vocabulary_types import Text


def read_entry(source: Source, path: PathTo, required: set[str], optional: set[str] | None = None) -> dict[str, Any]:
    """Return one entry, refusing keys nobody reads: a misspelt key must not be silently without effect."""
    entry = source.mapping(path)
    known = required | (optional or set())
    if missing := sorted(required - set(entry)):
        raise source.error(path, f"{missing[0]} is missing")
    if unknown := sorted(set(entry) - known):
        raise source.error((*path, unknown[0]), f"unknown key {unknown[0]!r}")
    return entry


def read_text(source: Source, path: PathTo, entry: Mapping[str, Any]) -> Text:
    """Return what is said in both languages; raises PackError when one is missing."""
    es, en = entry.get("es"), entry.get("en")
    if not (isinstance(es, str) and es and isinstance(en, str) and en):
        raise source.error(path, "both es and en are needed")
    return Text(es, en)


def read_flag(source: Source, path: PathTo, entry: Mapping[str, Any], key: str) -> bool:
    """Return true or false, false when it is not said; raises PackError for anything else."""
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise source.error((*path, key), f"{key} must be true or false")
    return value


def read_list(source: Source, path: PathTo, value: Any) -> list[Any]:
    """Return a list; raises PackError for anything else."""
    if not isinstance(value, list):
        raise source.error(path, "a list is expected")
    return value
