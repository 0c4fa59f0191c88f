"""Whom a consent means and what it lets them read: one reading for who offers and for who opens (SAFETY N8, N14).

A consent names a service she needs, an organization, or both; every field it sets must match. Whoever stands in for
that service is asked only when she named the organization, or agreed to its kind of service as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

EXPLICIT_RULE = "consent"
"""The rule id of a grant of what stands in no rule and leaves only because she named it."""


class NamedConsent(Protocol):
    """What a consent names; None = not set."""

    @property
    def service_type(self) -> str | None:
        """A kind of service."""
        ...

    @property
    def organization_id(self) -> UUID | None:
        """An organization."""
        ...

    @property
    def categories(self) -> Collection[str] | None:
        """What may be read; None = what the rule asks for, empty = nothing of it."""
        ...


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is asked, and what for."""

    service_type: str
    """What she needs."""
    receiving_type: str
    """What the receiver is: another type when it stands in."""
    organization_id: UUID


@dataclass(frozen=True, slots=True)
class Agreement:
    """What one receiver may read by her consent."""

    categories: frozenset[str] | None = None
    """None = those of the rule."""
    named: frozenset[str] = frozenset()
    """Every category she named, also beside a consent that names none."""

    def covers(self, categories: Iterable[str], shared: frozenset[str] | None = None) -> frozenset[str]:
        """Return those of a rule's categories she agreed to.

        `shared` is what the consent rules of its row have in common: of merged rules a consent that names none opens
        no more. None = the rule stands alone.
        """
        asked = frozenset(categories)
        if self.categories is not None:
            return asked & self.categories
        return asked if shared is None else asked & shared


def agreement(consents: Iterable[NamedConsent], receiver: Receiver) -> Agreement | None:
    """Return what these (active) consents let a receiver read; None = she did not agree that it is asked at all.

    A stand-in for whom two consents are needed reads what both allow.
    """
    given = tuple(consents)
    own = [consent for consent in given if _means(consent, receiver.service_type, receiver.organization_id)]
    if receiver.receiving_type == receiver.service_type:
        return together(_agreement(consent) for consent in own)
    by_name = [consent for consent in own if consent.organization_id is not None]
    if by_name:
        return together(_agreement(consent) for consent in by_name)
    kind = [consent for consent in given if _means(consent, receiver.receiving_type, receiver.organization_id)]
    return _both(together(map(_agreement, own)), together(map(_agreement, kind)))


def shared_by(rules: Iterable[Iterable[str]]) -> frozenset[str]:
    """Return the categories all of these consent rules ask for; none of no rule."""
    found = [frozenset(categories) for categories in rules]
    return frozenset.intersection(*found) if found else frozenset()


def together(agreements: Iterable[Agreement | None]) -> Agreement | None:
    """Return what any of them allows; None when there is none."""
    found: Sequence[Agreement] = [one for one in agreements if one is not None]
    if not found:
        return None
    named = frozenset[str]().union(*(one.named for one in found))
    unlimited = any(one.categories is None for one in found)
    return Agreement(None if unlimited else frozenset[str]().union(*(one.categories or () for one in found)), named)


def _means(consent: NamedConsent, service_type: str, organization_id: UUID) -> bool:
    if consent.service_type is None and consent.organization_id is None:
        return False
    return consent.service_type in (None, service_type) and consent.organization_id in (None, organization_id)


def _agreement(consent: NamedConsent) -> Agreement:
    if consent.categories is None:
        return Agreement()
    return Agreement(frozenset(consent.categories), frozenset(consent.categories))


def _both(first: Agreement | None, second: Agreement | None) -> Agreement | None:
    if first is None or second is None:
        return None
    if first.categories is None or second.categories is None:
        narrower = second.categories if first.categories is None else first.categories
    else:
        narrower = first.categories & second.categories
    return Agreement(narrower, first.named & second.named)
