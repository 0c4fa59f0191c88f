"""Keyed digests: sub-keys of the key-encryption key, one for each purpose."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from unavez_intake.domain.form import Person
from unavez_shared.privacy.blind_index import BlindIndex
from unavez_shared.privacy.canonical import keyed_digest
from unavez_shared.privacy.ids import spoken_code_of
from unavez_shared.privacy.kek import KeyEncryptionKey

DEFAULT_COUNTRY = "PE"
UNKNOWN_TYPE = "UNKNOWN"


class Digests:
    """The digests of intake, derived from one key-encryption key."""

    def __init__(self, kek: KeyEncryptionKey) -> None:
        self._idempotency = kek.derive("idempotency")
        self._codes = kek.derive("case-code")
        self._receipts = kek.derive("receipt")
        self._blind = BlindIndex(kek.derive("blind-index"))

    def client_record(self, organization_id: UUID, client_record_id: str) -> bytes:
        """Return the digest an app's own record id is stored under."""
        return keyed_digest(self._idempotency, [str(organization_id), client_record_id])

    def body(self, document: Mapping[str, Any]) -> bytes:
        """Return the digest of a whole body, by which a repeated post is told from another one."""
        return keyed_digest(self._idempotency, document)

    def case_code(self, case_code: str) -> bytes:
        """Return the digest of the code she carries."""
        return hmac.digest(self._codes, case_code.encode(), hashlib.sha256)

    def receipt(self, intake_id: UUID) -> str:
        """Return what a third party gets for its report: the same for ever, without the case's key."""
        return spoken_code_of(hmac.digest(self._receipts, intake_id.bytes, hashlib.sha256))

    def person(self, person: Person) -> tuple[tuple[str, bytes], ...]:
        """Return (kind, digest) for the document and for name with birth year, as far as they are known."""
        digests: list[tuple[str, bytes]] = []
        if person.document_number is not None:
            country = person.document_country or DEFAULT_COUNTRY
            kind = person.document_type or UNKNOWN_TYPE
            digests.append(("document", self._blind.document(country, kind, person.document_number)))
        if person.name is not None and person.birth_date is not None:
            digests.append(("name_and_year", self._blind.name_and_year(person.name, person.birth_date.year)))
        return tuple(digests)
