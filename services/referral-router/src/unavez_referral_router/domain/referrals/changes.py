"""What one command decided: written and published in the same transaction, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from unavez_referral_router.domain.referrals.referral import Referral
from unavez_shared.contracts.event_data import ReferralState
from unavez_shared.contracts.events import EventType


@dataclass(frozen=True, slots=True)
class TaskOrder:
    """Work for a person; the same order twice is one task."""

    code: str
    due_at: datetime
    row_number: int | None = None
    referral_id: UUID | None = None
    phone: str | None = None
    phone_verified_on: str | None = None
    service_type: str | None = None
    shown_at: datetime | None = None
    """When her team sees it; None: at once."""
    receiver_organization_id: UUID | None = None
    """Whom to call before anybody was asked; else who holds the referral is called."""
    receiver_service_type: str | None = None


@dataclass(frozen=True, slots=True)
class UnmetOrder:
    """A row nobody is left for."""

    row_number: int
    service_type: str
    code: str
    reason: str
    shown_at: datetime | None = None
    """When her team sees it; None: at once."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a referral's history."""

    referral_id: UUID
    version: int
    status: str
    at: datetime
    party: str
    subject: str | None = None
    reason: str | None = None
    note_code: str | None = None
    channel: str | None = None
    who: str | None = None
    shown_at: datetime | None = None
    """When her team sees it; None: at once."""


@dataclass(frozen=True, slots=True)
class MilestoneOrder:
    """What another body of the plan is notified of, on its own referral."""

    referral: Referral
    kind: str
    value: str


@dataclass(slots=True)
class Changes:
    """Collected while a dossier is worked on."""

    created: dict[UUID, Referral] = field(default_factory=dict)
    updated: dict[UUID, Referral] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    notices: list[tuple[EventType[ReferralState], UUID]] = field(default_factory=list)
    """Event and referral; the state published is the one at the end of the command."""
    rescoped: list[UUID] = field(default_factory=list)
    """Referrals whose packet may show more, or less, than before this command."""
    tasks: list[TaskOrder] = field(default_factory=list)
    joined_calls: list[TaskOrder] = field(default_factory=list)
    """Calls of a row that waited: one that is still open is from now on that of this referral."""
    unmet: list[UnmetOrder] = field(default_factory=list)
    milestones: list[MilestoneOrder] = field(default_factory=list)
    record_changed: bool = False
    shown: list[UUID] = field(default_factory=list)
    """Referrals whose state her team sees from now on."""
    shown_rows: set[int] = field(default_factory=set)
    """Rows whose tasks, unmet needs and steps it sees from now on, whatever their time."""
    shows: bool = False
    """Whether anything is shown: what is due, in any row, is shown with it."""
