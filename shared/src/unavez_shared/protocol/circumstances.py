"""What a consent's circumstances make of it: one reading for the intake that stores it and the preview that asks.

How long it lasts, whether it opens anything yet, and what cannot be true of it (SAFETY N14).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from unavez_shared.contracts.errors import Fault

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours an app's clock may be."""


class GivenConsent(Protocol):
    """A consent as it was posted; None = not said."""

    @property
    def service_type(self) -> str | None:
        """The kind of service it is for."""
        ...

    @property
    def organization_id(self) -> UUID | None:
        """The organization it is for."""
        ...

    @property
    def given_at(self) -> datetime | None:
        """When she gave it; None = when the interview was held."""
        ...

    @property
    def expires_at(self) -> datetime | None:
        """When it ends; None = twelve months later."""
        ...


def ends_at(consent: GivenConsent, captured_at: datetime) -> datetime:
    """Return when the consent ends: as she said, or twelve months after she gave it."""
    return consent.expires_at or twelve_months_after(consent.given_at or captured_at)


def twelve_months_after(moment: datetime) -> datetime:
    """Return the same day of the next year: how long a consent without an end lasts (29 February becomes 28)."""
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:
        return moment.replace(year=moment.year + 1, day=28)


def waits_for_her(*, accompanied: bool, in_private: bool | None) -> bool:
    """Tell whether it opens nothing until she confirms it alone: kin or a companion was there, or it was no private."""
    return accompanied or in_private is False


def faults_of_consent(consent: GivenConsent, pointer: str, *, now: datetime, captured_at: datetime) -> Iterator[Fault]:
    """Yield what cannot be true of a consent, wherever it is posted."""
    if consent.service_type is None and consent.organization_id is None:
        yield Fault(pointer, "receiver_required")
    yield from future(consent.given_at, now, f"{pointer}/given_at")
    if consent.expires_at is not None and consent.expires_at <= (consent.given_at or captured_at):
        yield Fault(f"{pointer}/expires_at", "not_after_given_at")


def future(moment: datetime | None, now: datetime, pointer: str) -> Iterator[Fault]:
    """Yield the fault of a moment that has not come."""
    if moment is not None and moment > now + CLOCK_TOLERANCE:
        yield Fault(pointer, "in_future")
