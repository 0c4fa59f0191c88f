"""What she agreed to, and how far it reaches for one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from unavez_shared.protocol.agreement import Agreement, Receiver, agreement, together

EXPLICIT_ONLY = ("SOGIESC", "ETHNICITY", "ACCOUNT_FULL")
"""In no rule: they leave only under a consent that names them."""
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent: to a service, an organization, or that organization for that service."""

    service_type: str | None
    organization_id: UUID | None
    categories: tuple[str, ...] | None
    """None = those of the rule; empty = nothing but the need itself."""
    expires_at: datetime | None
    to_confirm: bool = False

    def active(self, at: datetime) -> bool:
        """Tell whether it counts now: confirmed in private and not expired."""
        return not self.to_confirm and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True)
class Cover:
    """How far her consents reach for one row."""

    service_type: str = ""
    """What she needs: the row's."""
    everyone: bool = False
    """She agreed to the row as she was shown it, all its candidates included."""
    consents: tuple[Consent, ...] = ()
    shown: Agreement | None = None
    """What any of the candidates may read by a consent that names it, or its service; None = nobody is named."""

    @property
    def given(self) -> bool:
        """Whether anybody may be asked by her consent."""
        return self.widest is not None

    @property
    def widest(self) -> Agreement | None:
        """What anybody who could be asked may read by her consent: what a plan shows before one of them is."""
        return Agreement() if self.shown is None and self.everyone else self.shown

    def of(self, organization_id: UUID, receiving_type: str) -> Agreement | None:
        """Return what she agreed this receiver may read; None = she did not agree that it is asked.

        What she named for it is never widened by "all of it".
        """
        named = agreement(self.consents, Receiver(self.service_type, receiving_type, organization_id))
        return Agreement() if named is None and self.everyone else named


def extras(agreed: Agreement) -> tuple[str, ...]:
    """Return the categories that are in no rule and that she named."""
    return tuple(category for category in EXPLICIT_ONLY if category in agreed.named)


def cover_of(
    consents: Sequence[Consent], *, receivers: Sequence[tuple[UUID, str]], row_type: str, agreed_to_row: bool
) -> Cover:
    """Return what these (active) consents mean for a row with these receivers (organization, service type)."""
    if not consents:
        return Cover(row_type, everyone=agreed_to_row)
    whom = [Receiver(row_type, kind, organization) for organization, kind in receivers]
    whom = whom or [Receiver(row_type, row_type, _NOBODY)]
    return Cover(
        service_type=row_type,
        everyone=agreed_to_row,
        consents=tuple(consents),
        shown=together(agreement(consents, receiver) for receiver in whom),
    )
