"""Search without accents and cases: the same words for what is stored and for what is asked."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[a-z0-9]+")
_MOST_WORDS = 10


def normalise(*parts: str | None) -> str:
    """Return the parts as plain lower-case words without accents, separated by single spaces."""
    joined = unicodedata.normalize("NFKD", " ".join(part for part in parts if part)).lower()
    return " ".join(_WORD.findall("".join(c for c in joined if not unicodedata.combining(c))))


def search_words(search: str) -> tuple[str, ...]:
    """Return the words to look for, at most ten; empty when the text holds none."""
    return tuple(normalise(search).split()[:_MOST_WORDS])
