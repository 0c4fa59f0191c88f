"""Personal fields at rest: AES-256-GCM under the key of one case, bound to the place they stand in."""

from __future__ import annotations

import os
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from unavez_shared.contracts.errors import UnavezError

_FORMAT = b"\x01"
_NONCE = 12


class FieldRefusedError(UnavezError):
    """A sealed field does not open: another key, another row, column or version, or damage."""

    code = "field_refused"


class CaseCipher:
    """Seals and opens the fields of one case.

    What is sealed for one table, column, case and version opens for no other: a row copied over another one, or an old
    version put back, is noticed.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key  # and not the cipher: thousands of keys are kept, a cipher takes 2.5 kB and a microsecond

    def seal(self, plaintext: bytes, *, table: str, column: str, case_id: UUID, version: int) -> bytes:
        """Return format byte, nonce, ciphertext and tag: 29 bytes more than the plaintext."""
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + AESGCM(self._key).encrypt(nonce, plaintext, _place(table, column, case_id, version))

    def open(self, sealed: bytes, *, table: str, column: str, case_id: UUID, version: int) -> bytes:
        """Return the plaintext. Raises `FieldRefusedError`."""
        nonce, ciphertext = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        if sealed[:1] != _FORMAT:
            raise FieldRefusedError("not a sealed field")
        try:
            return AESGCM(self._key).decrypt(nonce, ciphertext, _place(table, column, case_id, version))
        except (InvalidTag, ValueError):
            raise FieldRefusedError("a sealed field does not open") from None


def _place(table: str, column: str, case_id: UUID, version: int) -> bytes:
    return orjson.dumps([table, column, str(case_id), version])
