"""One referral: an offer to one organization, with its own id and its own life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from unavez_referral_router.domain.states import HELPING, OPEN, Status


@dataclass(frozen=True, slots=True)
class Referral:
    """As stored. A draft has no receiver yet."""

    referral_id: UUID
    referral_code: str
    plan_id: UUID
    case_id: UUID
    team_organization_id: UUID
    row_number: int
    service_type: str
    """Of the row: what she needs."""
    jurisdiction: str
    district: str | None
    """6-digit place of the row, for her team; None for national and safe_district."""
    basis: str
    urgency: str
    status: Status
    version: int
    """Counts steps of status."""
    due_at: datetime
    """For the team: captured + the row's hours. An agency is shown one of its own (`clocks.receivers_due_at`)."""
    organization_id: UUID | None = None
    service_id: UUID | None = None
    receiving_type: str | None = None
    """Service type of the receiver: a fallback stands in for the row's."""
    department: str | None = None
    """2-digit department of the receiving service; None for safe_district and confidential houses."""
    entered_at: datetime | None = None
    offered_at: datetime | None = None
    respond_by: datetime | None = None
    accepted_at: datetime | None = None
    called_at: datetime | None = None
    """When the unanswered vital offer became a call."""
    escalated_at: datetime | None = None
    """When the unanswered vital offer went to the next candidate as well."""
    reason: str | None = None
    scope_version: int = 0
    """Counts changes of what its packet may show, for intake alone (SAFETY N8)."""

    @property
    def open(self) -> bool:
        """Whether anything may still come of it."""
        return self.status in OPEN

    @property
    def helped(self) -> bool:
        """Whether somebody took it, now or before it ended."""
        return self.status in HELPING or (self.accepted_at is not None and self.status is not Status.ENTERED_IN_ERROR)
