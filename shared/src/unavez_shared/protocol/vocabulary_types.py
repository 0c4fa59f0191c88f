"""The shapes of the closed vocabularies: facts, services, categories, languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FactType = Literal["boolean", "integer", "code", "codes", "country", "language"]


@dataclass(frozen=True, slots=True)
class Text:
    """One thing said twice: Spanish first."""

    es: str
    en: str


@dataclass(frozen=True, slots=True)
class FactSpec:
    """One fact an intake may state."""

    name: str
    type: FactType
    text: Text
    values: tuple[str, ...] = ()
    """The closed list of a `code` or `codes` fact."""
    minimum: int | None = None
    maximum: int | None = None
    guard: bool = False
    """Rules may wait for it to be known (SAFETY N11)."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ServiceType:
    """One kind of help (PROTOCOL 6.1)."""

    code: str
    es: str
    en: str
    family: str

    @property
    def is_shelter(self) -> bool:
        """Return whether its place must stay secret (SAFETY N1)."""
        return self.family == "SHL"

    @property
    def is_justice(self) -> bool:
        """Return whether its packets have a `file` and a `reserved` part (SAFETY N8)."""
        return self.family == "JUS"


@dataclass(frozen=True, slots=True)
class PacketCategory:
    """One set of fields that opens or stays closed as a whole (PROTOCOL 5.10)."""

    code: str
    es: str
    en: str
    pointers: tuple[str, ...]
    """JSON pointers into the intake, or the name of a derived field (`/derived/...`)."""
    pointers_justice: tuple[str, ...] | None
    """What it means for JUS-* receivers, when that differs."""
    justice_except: frozenset[str]
    """JUS-* service types that get `pointers` all the same."""
    by_explicit_consent_only: bool
    """In no rule: a consent must name it."""
    never: bool
    """In no rule and in no packet."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language by ISO 639-3."""

    code: str
    es: str
    family: str | None
    """`spanish`, `indigenous`, `sign`, `foreign`; None when the language itself is not known."""
    macro: str | None = None
    """The ISO 639-2 code it belongs to, when it differs: exports (HTCDS) say that one, and it fits every member."""
