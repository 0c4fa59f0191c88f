"""Finding a person again without storing what she is looked up by: keyed HMAC over the normalised value."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

import orjson


class BlindIndex:
    """Indexes for a document number and for name with birth year. Equal people give equal bytes; nothing else shows.

    `key`: `KeyEncryptionKey.derive("blind-index")`. Without it the index cannot be tried against a list of numbers.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def document(self, country: str, document_type: str, number: str) -> bytes:
        """Return the index of a document; spaces, dots, hyphens, case and width do not matter."""
        return self._digest("document", country.strip().upper(), document_type.strip().upper(), _compact(number))

    def name_and_year(self, name: str, year: int) -> bytes:
        """Return the index of a name and birth year; accents, case and the order of the names do not matter."""
        return self._digest("name", " ".join(sorted(_folded(name).split())), str(year))

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self._key, orjson.dumps(parts), hashlib.sha256)


def _compact(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKC", text).upper() if each.isalnum())


def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).casefold()
    kept = (each for each in letters if not unicodedata.combining(each))
    return "".join(each if each.isalnum() else " " for each in kept)
