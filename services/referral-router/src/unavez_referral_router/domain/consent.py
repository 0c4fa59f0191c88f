"""What she agreed to, and how far it reaches for one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

EXPLICIT_ONLY = ("SOGIESC", "ETHNICITY", "ACCOUNT_FULL")
"""In no rule: they leave only under a consent that names them."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent: to a service type or an organization, to categories (None = those of the rule)."""

    service_type: str | None
    organization_id: UUID | None
    categories: tuple[str, ...] | None
    expires_at: datetime | None
    to_confirm: bool = False

    def active(self, at: datetime) -> bool:
        """Tell whether it counts now: confirmed in private and not expired."""
        return not self.to_confirm and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True)
class Cover:
    """How far her consents reach for one row."""

    everyone: bool = False
    """She agreed to the row as she was shown it, all its candidates included."""
    service_types: tuple[str, ...] = ()
    organizations: tuple[UUID, ...] = ()
    categories: tuple[str, ...] | None = None
    """Named categories; None = those of the rule."""

    @property
    def given(self) -> bool:
        """Whether there is any consent for this row."""
        return self.everyone or bool(self.service_types) or bool(self.organizations)

    @property
    def extras(self) -> tuple[str, ...]:
        """Categories that are in no rule and that she named."""
        return tuple(category for category in EXPLICIT_ONLY if category in (self.categories or ()))

    def allows(self, organization_id: UUID, service_type: str) -> bool:
        """Tell whether she agreed that this receiver is asked."""
        return self.everyone or service_type in self.service_types or organization_id in self.organizations


def cover_of(
    consents: Sequence[Consent], *, receivers: Sequence[tuple[UUID, str]], row_type: str, agreed_to_row: bool
) -> Cover:
    """Return what these (active) consents mean for a row with these receivers (organization, service type)."""
    types = {row_type, *(service_type for _, service_type in receivers)}
    organizations = {organization_id for organization_id, _ in receivers}
    meant = [c for c in consents if c.service_type in types or c.organization_id in organizations]
    named: set[str] | None = set()
    for consent in meant:
        named = None if named is None or consent.categories is None else named | set(consent.categories)
    return Cover(
        everyone=agreed_to_row,
        service_types=tuple(sorted({c.service_type for c in meant if c.service_type})),
        organizations=tuple(sorted({c.organization_id for c in meant if c.organization_id})),
        categories=tuple(sorted(named)) if named else None,
    )
