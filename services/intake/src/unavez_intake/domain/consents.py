"""Consent is not a boolean (SAFETY N14): who gave it, how, in which language, to what and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from unavez_shared.protocol.agreement import Agreement, Receiver, agreement
from unavez_shared.protocol.circumstances import waits_for_her
from unavez_shared.protocol.vocabulary import CATEGORIES

EXPLICIT_ONLY = frozenset(code for code, category in CATEGORIES.items() if category.by_explicit_consent_only)
"""Never covered by "I agree to all of it": she names them one by one, for one receiver (SAFETY N8, N14)."""

LAWFUL_FULL_ACCOUNT = "JUS-"
"""The whole account leaves only to a body of justice (SAFETY N8)."""


class ConsentKind(StrEnum):
    """What she agreed to."""

    NAMED = "named"
    """One receiver: a kind of service or an organization."""
    ALL_PROPOSED = "all_proposed"
    """Every row of the preview she was shown."""


class ConsentStatus(StrEnum):
    """What the consent is worth today."""

    GIVEN = "given"
    UNSEEN = "unseen"
    """Demo only: no preview was shown."""
    TO_CONFIRM = "to_confirm"
    """Given while kin or a companion was present, or not in private: opens nothing until she confirms it alone."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One recorded consent."""

    consent_id: UUID
    kind: ConsentKind
    status: ConsentStatus
    given_at: datetime
    expires_at: datetime
    service_type: str | None = None
    organization_id: UUID | None = None
    categories: tuple[str, ...] | None = None
    """None = those of the rule; empty = nothing but the need itself."""
    given_by: str | None = None
    mode: str | None = None
    language: str | None = None
    text_version: str | None = None
    in_private: bool | None = None
    preview_digest: str | None = None

    def is_active(self, now: datetime) -> bool:
        """Tell whether it opens anything at this moment."""
        return self.status is not ConsentStatus.TO_CONFIRM and now < self.expires_at


def agreed_by(consents: Sequence[Consent], receiver: Receiver) -> Agreement | None:
    """Return what she agreed this receiver may read, by these (active) consents; None = nothing.

    What she named for it is never widened by "all of it".
    """
    named = agreement([consent for consent in consents if consent.kind is ConsentKind.NAMED], receiver)
    to_all = any(consent.kind is ConsentKind.ALL_PROPOSED for consent in consents)
    return Agreement() if named is None and to_all else named


def explicit(agreed: Agreement, receiver: Receiver) -> frozenset[str]:
    """Return the categories no rule may open and she opened for this receiver by name."""
    named = EXPLICIT_ONLY & agreed.named
    return named if receiver.receiving_type.startswith(LAWFUL_FULL_ACCOUNT) else named - {"ACCOUNT_FULL"}


def active(consents: Sequence[Consent], now: datetime) -> list[Consent]:
    """Return the consents that open something at this moment."""
    return [consent for consent in consents if consent.is_active(now)]


def status_of(*, accompanied: bool, in_private: bool | None, seen: bool) -> ConsentStatus:
    """Return what a consent given under these circumstances is worth."""
    if waits_for_her(accompanied=accompanied, in_private=in_private):
        return ConsentStatus.TO_CONFIRM
    return ConsentStatus.GIVEN if seen else ConsentStatus.UNSEEN
