"""The key-encryption key: outside the data directory; opens the wrapped data keys (SAFETY N15)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from unavez_shared.contracts.errors import StartupError, UnavezError
from unavez_shared.contracts.services import Service
from unavez_shared.privacy import key_files
from unavez_shared.privacy.derive import derive

_NONCE = 12


class KeyRefusedError(UnavezError):
    """A wrapped key does not open: another key-encryption key, another case, another holder, or damage."""

    code = "key_refused"


class KeyEncryptionKey:
    """Wraps data keys with AES-256-GCM, and gives sub-keys for other purposes by label."""

    def __init__(self, key_id: str, key: bytes) -> None:
        self.id = key_id
        self._key = key
        self._wrapping = AESGCM(derive(key, "kek/wrap"))

    @classmethod
    def from_file(cls, path: Path) -> KeyEncryptionKey:
        """Read a file `create_file` wrote. Raises `StartupError`."""
        content = key_files.read(path)
        key_id = content.get("kek_id")
        if not isinstance(key_id, str):
            raise StartupError(f"no es una clave maestra: {path} / not a key-encryption key: {path}")
        return cls(key_id, key_files.key_bytes(path, content))

    @staticmethod
    def create_file(path: Path) -> None:
        """Write a new random key, mode 0600, unless the file exists."""
        key_files.make_private_directory(path.parent)
        key_files.write_once(path, {"kek_id": str(uuid4()), "key": secrets.token_hex(32)})

    def derive(self, label: str) -> bytes:
        """Return 32 bytes for one purpose, such as `blind-index` or `idempotency`; the same on every machine."""
        return derive(self._key, f"kek/derived/{label}")

    def wrap(self, data_key: bytes, *, case_id: UUID, holder: Service) -> bytes:
        """Return the data key sealed for one case and one holder."""
        nonce = os.urandom(_NONCE)
        return nonce + self._wrapping.encrypt(nonce, data_key, self._bound(case_id, holder))

    def unwrap(self, wrapped: bytes, *, case_id: UUID, holder: Service) -> bytes:
        """Return the data key. Raises `KeyRefusedError`."""
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], self._bound(case_id, holder))
        except (InvalidTag, ValueError):
            raise KeyRefusedError("a wrapped data key does not open") from None

    def opens(self, wrapped: bytes, *, case_id: UUID, holder: Service) -> bool:
        """Tell whether a wrapped data key is one of ours, without giving it to anybody."""
        try:
            self.unwrap(wrapped, case_id=case_id, holder=holder)
        except KeyRefusedError:
            return False
        return True

    def _bound(self, case_id: UUID, holder: Service) -> bytes:
        return f"{case_id}|{holder.value}|{self.id}".encode()
