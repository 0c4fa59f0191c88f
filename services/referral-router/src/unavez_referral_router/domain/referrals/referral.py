"""One referral: an offer to one organization, with its own id and its own life."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from unavez_referral_router.domain.referrals.deadlines import receivers_due_at
from unavez_referral_router.domain.referrals.states import HELPING, OPEN, Status


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
    """For the team: captured + the row's hours. An agency is shown one of its own (`deadlines.receivers_due_at`)."""
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
    shown_at: datetime | None = None
    """When her team sees this state; until then it sees what follows (ADR 19). None: it sees it at once."""
    shown_status: str | None = None
    """None until `shown_at`: her team does not know of this referral."""
    shown_version: int | None = None
    shown_reason: str | None = None
    asked_at: datetime | None = None
    """When it was offered as her team sees it; None = `offered_at`."""

    @property
    def open(self) -> bool:
        """Whether anything may still come of it."""
        return self.status in OPEN

    @property
    def helped(self) -> bool:
        """Whether somebody took it, now or before it ended."""
        return self.status in HELPING or (self.accepted_at is not None and self.status is not Status.ENTERED_IN_ERROR)

    @property
    def team_respond_by(self) -> datetime | None:
        """When an answer is due as her team sees it: counted from `asked_at`."""
        return None if self.respond_by is None else self.as_team_counts(self.respond_by)

    def as_team_counts(self, moment: datetime) -> datetime:
        """Return when a clock of this offer has run for her team as long as at this moment for who received it."""
        if self.asked_at is None or self.offered_at is None:
            return moment
        return moment + (self.asked_at - self.offered_at)

    def escalation_unseen(self, moment: datetime) -> bool:
        """Tell whether her team does not see yet that it, unanswered, went to the next one as well."""
        due = self.team_respond_by
        waits = self.status is Status.REQUESTED and self.escalated_at is not None
        return waits and due is not None and due > moment

    def unseen(self, moment: datetime) -> bool:
        """Tell whether her team sees an earlier state at this moment, or nothing yet."""
        return self.shown_at is not None and self.shown_at > moment

    def veiled(self, following: Referral, shown_at: datetime, moment: datetime) -> Referral:
        """Return the state that follows this one, which her team sees at `shown_at`, and this one until then."""
        if self.unseen(moment):
            return replace(following, shown_at=shown_at)
        return replace(
            following,
            shown_at=shown_at,
            shown_status=self.status.value,
            shown_version=self.version,
            shown_reason=self.reason,
        )

    def unveiled(self, moment: datetime) -> Referral:
        """Return the same referral when her team sees all of it from this moment on."""
        asked_at = None if self.asked_at is None else min(self.asked_at, moment)
        return replace(self, shown_at=None, shown_status=None, shown_version=None, shown_reason=None, asked_at=asked_at)

    def as_receiver_sees(self, captured_at: datetime) -> Referral | None:
        """Return what the organization it was offered to may know, with a `due_at` of its own; None before an offer."""
        if self.offered_at is None:
            return None
        return replace(
            self, due_at=receivers_due_at(due_at=self.due_at, captured_at=captured_at, offered_at=self.offered_at)
        )

    def as_team_sees(self, moment: datetime) -> Referral | None:
        """Return what her team sees at this moment; None when it does not know of the referral yet."""
        if not self.unseen(moment):
            return replace(self, offered_at=self.asked_at or self.offered_at, respond_by=self.team_respond_by)
        if self.shown_status is None or self.shown_version is None:
            return None
        seen = replace(
            self, status=Status(self.shown_status), version=self.shown_version, reason=self.shown_reason
        ).unveiled(moment)
        if seen.status is Status.DRAFT:
            return replace(
                seen,
                organization_id=None,
                service_id=None,
                receiving_type=None,
                department=None,
                entered_at=None,
                offered_at=None,
                respond_by=None,
            )
        return replace(seen, offered_at=seen.asked_at or seen.offered_at, respond_by=seen.team_respond_by)
