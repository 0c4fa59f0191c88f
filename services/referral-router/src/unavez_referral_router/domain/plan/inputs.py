"""What an intake, or a preview, has besides the facts: consents, refusals, what she was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from unavez_referral_router.domain.plan.consent import Consent
from unavez_shared.protocol.days import day_in_peru


@dataclass(frozen=True, slots=True)
class Inputs:
    """One set of answers about what may leave."""

    at: datetime
    captured_at: datetime | None = None
    """When she was asked; None in a preview: now."""
    consents: tuple[Consent, ...] = ()
    agreed_to_all: bool = False
    """`consent_all_proposed`, given in private."""
    shown_digest: str | None = None
    """Of the preview she saw; None = unseen, which counts only where `unseen_counts`."""
    unseen_counts: bool = False
    """In a preview (it is what she is being shown) and in demo mode."""
    duty_notice: bool = False
    avoided_organizations: frozenset[UUID] = field(default_factory=frozenset)
    avoided_types: frozenset[str] = field(default_factory=frozenset)
    complete: bool = True

    @property
    def day(self) -> date:
        """The day in Peru whose law is read: that of the interview, however late it arrives."""
        return day_in_peru(self.captured_at or self.at)

    def agrees_to(self, row_digest: bytes, shown: frozenset[bytes]) -> bool:
        """Tell whether "all of it" covers this row: exactly the preview she saw, nothing that differs."""
        if not self.agreed_to_all:
            return False
        return row_digest in shown if self.shown_digest is not None else self.unseen_counts
