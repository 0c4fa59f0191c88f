"""Signing secrets at rest: AES-256-GCM under a key of the notifier's own, bound to their subscription."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from unavez_shared.privacy.kek import KeyEncryptionKey

_LABEL = "notifier-secrets"
_NONCE_BYTES = 12


class SecretBox:
    """Derives its key from the key-encryption key file, which it reads when first used."""

    def __init__(self, kek_file: Path) -> None:
        self._kek_file = kek_file

    async def check(self) -> None:
        """Read the key file now. Raises `StartupError`: a notifier that cannot sign must not start."""
        _ = self._cipher

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(KeyEncryptionKey.from_file(self._kek_file).derive(_LABEL))

    def seal(self, secret: bytes, subscription_id: UUID) -> bytes:
        """Return the sealed secret."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, subscription_id.bytes)

    def open(self, sealed: bytes, subscription_id: UUID) -> bytes:
        """Return the secret. Raises `cryptography.exceptions.InvalidTag` when sealed for another subscription."""
        return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], subscription_id.bytes)
