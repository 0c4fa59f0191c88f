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


def search_words(search: str) -> tuple[str, ...] | None:
    """Return the words to look for, at most ten; none for a blank text, None for one that says something but no word.

    `%` and `_` are no wildcards: signs are not searched for, and signs alone find nothing.
    """
    words = tuple(normalise(search).split()[:_MOST_WORDS])
    return None if search.strip() and not words else words
