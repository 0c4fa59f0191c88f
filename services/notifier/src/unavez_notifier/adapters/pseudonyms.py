"""Persons under a keyed digest: whoever takes the database learns neither who they are nor how many cases one has."""

from __future__ import annotations

import hashlib
import hmac
from functools import cached_property
from pathlib import Path
from uuid import UUID

from unavez_shared.privacy.kek import KeyEncryptionKey

_LABEL = "notifier-persons"
_BYTES = 16
"""Enough that no two persons of an organization share a feed."""


class KekPseudonyms:
    """Derives its key from the key-encryption key file, which it reads when first used."""

    def __init__(self, kek_file: Path) -> None:
        self._kek_file = kek_file

    @cached_property
    def _key(self) -> bytes:
        return KeyEncryptionKey.from_file(self._kek_file).derive(_LABEL)

    def of(self, organization_id: UUID, subject: str) -> str:
        """Return the digest: the same person at another organization has another one."""
        return hmac.digest(self._key, organization_id.bytes + subject.encode(), hashlib.sha256)[:_BYTES].hex()
