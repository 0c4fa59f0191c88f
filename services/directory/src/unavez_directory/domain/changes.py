"""What an import really changes: entries are compared with what is stored, and equal ones are left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from unavez_directory.domain.model import Location, Organization, Service

E = TypeVar("E", Organization, Location, Service)


@dataclass(frozen=True, slots=True)
class Changes(Generic[E]):
    """The entries of one kind, sorted by what has to happen to them."""

    created: tuple[E, ...]
    changed: tuple[E, ...]
    unchanged: int


def compare(entries: Sequence[E], stored: Mapping[UUID, E]) -> Changes[E]:
    """Sort the entries into new, different and equal."""
    created = tuple(entry for entry in entries if entry.id not in stored)
    changed = tuple(entry for entry in entries if entry.id in stored and stored[entry.id] != entry)
    return Changes(created, changed, len(entries) - len(created) - len(changed))
