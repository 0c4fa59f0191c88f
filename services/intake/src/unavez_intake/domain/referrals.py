"""What intake knows about a referral: who may open which packet, at which stage, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from unavez_shared.contracts.errors import GoneError

KEPT_AFTER_END = timedelta(days=30)
"""An accepted packet closes this long after its referral ended (SAFETY N19)."""

_ENDED_AND_KEPT = frozenset({"completed", "failed"})
_ACCEPTED = frozenset({"accepted", "in-progress", "on-hold"}) | _ENDED_AND_KEPT
_CLOSED = frozenset({"rejected", "expired", "cancelled", "entered-in-error"})
FINALITY: Mapping[str, int] = dict.fromkeys(_ENDED_AND_KEPT, 1) | dict.fromkeys(_CLOSED, 2)
"""How final a state is; 0 = open, and not here. It only rises, whatever comes later (SAFETY N6)."""


class Stage(StrEnum):
    """How far a packet is open."""

    OFFER = "offer"
    ACCEPTED = "accepted"


def implies_acceptance(status: str) -> bool:
    """Tell whether a referral in this state must have been accepted before."""
    return status in _ACCEPTED


def helps(status: str) -> bool:
    """Tell whether an accepted referral in this state is, or was to the end, in somebody's hands."""
    return status in _ACCEPTED and status != "failed"


def is_ended(status: str) -> bool:
    """Tell whether this state is terminal: the clock of `KEPT_AFTER_END` runs."""
    return status in FINALITY


@dataclass(frozen=True, slots=True)
class Grant:
    """What one rule lets the receiver read, and whether that rule alone would have let the referral leave."""

    rule_id: str
    basis: str
    categories: frozenset[str]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on record of a referral when a step of it arrives."""

    accepted: bool
    """A signed acceptance was consumed."""
    signed_steps: bool
    """Its producer signs every step of it: one without a signature is not its own."""


@dataclass(frozen=True, slots=True)
class Referral:
    """The signed facts of one referral plus where it stands."""

    referral_id: UUID
    case_id: UUID
    organization_id: UUID
    status: str
    accepted: bool
    """A signed acceptance was heard: unsigned facts never open anything (SAFETY N6)."""
    ended_at: datetime | None
    referral_code: str
    service_type: str
    receiving_type: str
    """What the receiver is: another type than was asked for when a fallback took the referral."""
    purpose: str
    urgency: str
    due_at: datetime
    """The receiver's own, counted from its offer."""
    respond_by: datetime
    handling: tuple[str, ...]
    grants: tuple[Grant, ...]
    service_name: str | None = None
    """Of the receiver's own service; None for a front door (SAFETY N1), or where it was not said."""
    shown_at: datetime | None = None
    """When her team sees this state; None: at once (ADR 19)."""
    shown_status: str | None = None
    """What it sees until then; None: it does not know of the referral yet."""

    def as_team_sees(self, now: datetime) -> Referral | None:
        """Return the referral in the state her team sees; None when it does not know of it yet."""
        if self.shown_at is None or self.shown_at <= now:
            return self
        return None if self.shown_status is None else replace(self, status=self.shown_status)

    def stage(self, now: datetime) -> Stage:
        """Return how far the packet is open. Raises `GoneError` when the receiver no longer holds the referral."""
        if self.status in _CLOSED:
            raise GoneError
        if self.ended_at is not None and now >= self.ended_at + KEPT_AFTER_END:
            raise GoneError
        return Stage.ACCEPTED if self.accepted and self.status in _ACCEPTED else Stage.OFFER


@dataclass(frozen=True, slots=True)
class Fact:
    """A referral as one signed event has it, and the numbers by which it is newer than another."""

    referral: Referral
    version: int
    """Of its status."""
    scope_version: int
    """Of what its packet may show; 0 for every event but `referral.rescoped`."""
    signed_steps: bool


@dataclass(frozen=True, slots=True)
class Step:
    """Where one event says that a referral stands."""

    referral_id: UUID
    version: int
    status: str
    at: datetime
    unsigned: bool
    shown_at: datetime | None = None
    shown_status: str | None = None
    """Until `shown_at` her team sees this status, or with None no referral at all (ADR 19)."""
