"""How well a service speaks her language: exactly, perhaps, or not (PROTOCOL 5.9).

A macro code (`que`, `aym`) stands for languages that need not understand each other: it fits each of them, each of them
fits it, and none of them fits another. Where it is not known which language of a family she speaks, every service that
names one of that family fits. Whatever fits only so is confirmed: the worker asks for the variant before the call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from unavez_shared.protocol.vocabulary import LANGUAGES

_INTERPRETED: Final = frozenset({"indigenous", "foreign"})
"""Families the protocol asks interpreters for."""
_MACRO: Final = frozenset(language.macro for language in LANGUAGES.values() if language.macro is not None)


class Fit(Enum):
    """How well a service speaks her language."""

    EXACT = "exact"
    TO_CONFIRM = "to_confirm"
    NONE = "none"
    UNKNOWN = "unknown"
    """The service names no language, or nothing is known of hers."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Her language, as far as it is known."""

    code: str | None = None
    family: str | None = None

    def fit(self, offered: Collection[str]) -> Fit:
        """Compare with the languages a service names."""
        named = LANGUAGES.get(self.code or "")
        if not offered:
            return Fit.UNKNOWN
        if named is None or named.family is None:
            if self.family not in _INTERPRETED:
                return Fit.UNKNOWN
            return _perhaps(self.family == _family(code) for code in offered)
        if named.code in _MACRO:
            return _perhaps(named.code in (code, _macro(code)) for code in offered)
        if named.code in offered:
            return Fit.EXACT
        return _perhaps(code == named.macro for code in offered)


def _family(code: str) -> str | None:
    language = LANGUAGES.get(code)
    return None if language is None else language.family


def _macro(code: str) -> str | None:
    language = LANGUAGES.get(code)
    return None if language is None else language.macro


def _perhaps(fits: Iterable[bool]) -> Fit:
    return Fit.TO_CONFIRM if any(fits) else Fit.NONE
