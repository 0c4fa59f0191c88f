"""The shapes of the answers, for the OpenAPI document and for whoever reads the code (CONTRACT "Plans")."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from unavez_referral_router.domain.referrals.states import Party, Status
from unavez_shared.web.schema import AnswerModel

Basis = Literal["vital_interest", "legal_duty", "consent"]


class RuleAnswer(AnswerModel):
    """A rule with the law it rests on."""

    id: str
    legal_source: str
    confidence: str
    needs_review: bool


class CandidateAnswer(AnswerModel):
    """Who could take the row; a hidden house only as its front door."""

    organization_id: UUID
    """The organization that would be asked."""
    organization_name: str | None
    """Null for a front door that runs no public service: its name comes with the offered referral or its task."""
    service_id: UUID | None
    """Its service; null for a front door."""
    reasons: list[str]
    score: int | None
    fallback_for: str | None = None
    service_type: str | None = None
    """Of the fallback."""
    district: str | None = None
    """Always null, and there for a front door alone: where the house is, is never shown."""


class Notice(AnswerModel):
    """What a person has to read beside a row or a task."""

    es: str
    en: str


class RowAnswer(AnswerModel):
    """One required service."""

    service_type: str
    jurisdiction: str
    district: str | None
    basis: Basis
    due_hours: int
    respond_hours: float
    rules: list[RuleAnswer]
    categories: list[str]
    delivery: Literal["system", "call", "paper"] | None
    notice: Notice | None
    """For a service that is a telephone: that nobody has called it."""
    candidates: list[CandidateAnswer]
    withheld_for: list[str] | None


class PlannedRowAnswer(RowAnswer):
    """A row and what became of it."""

    referral_id: UUID | None
    referral_status: Status | None


class PlannedTask(AnswerModel):
    """Work the protocol asks of the team; REPORTER-ADVICE is none: its text is for whoever reports, always the same."""

    code: str
    due_hours: int
    rules: list[str]
    text: Notice


class ConstraintAnswer(AnswerModel):
    """What every step must respect."""

    code: str
    rules: list[str]


class SuppressedAnswer(AnswerModel):
    """A service type nothing may go to."""

    service_type: str
    rules: list[str]


class UnmetAnswer(AnswerModel):
    """What nobody gives."""

    code: str
    service_type: str
    reason: str


class ReporterAvoids(AnswerModel):
    """Whom a third party would rather not see asked: no refusal of hers, and a thing to know before confirming."""

    organization_ids: list[UUID]
    service_types: list[str]


class PreviewAnswer(AnswerModel):
    """What would leave."""

    protocol_version: str
    preview_digest: str
    referrals: list[RowAnswer]
    tasks: list[PlannedTask]
    constraints: list[ConstraintAnswer]
    suppressed: list[SuppressedAnswer]
    unmet: list[UnmetAnswer]
    open_facts: list[str]
    reporter_avoids: ReporterAvoids | None
    demo: bool


class PlanAnswer(AnswerModel):
    """The plan of a case."""

    plan_id: UUID
    case_id: UUID
    status: Literal["proposed", "confirmed", "superseded"]
    """Only a confirmed plan sends what is not vital."""
    confirmed_by: str | None
    second_confirmed_by: str | None
    protocol_version: str
    preview_digest: str
    referrals: list[PlannedRowAnswer]
    tasks: list[PlannedTask]
    constraints: list[ConstraintAnswer]
    suppressed: list[SuppressedAnswer]
    unmet: list[UnmetAnswer]
    open_facts: list[str]
    reporter_avoids: ReporterAvoids | None
    demo: bool


class ContactAnswer(AnswerModel):
    """How to reach an organization."""

    phone: str | None
    email: str | None


class ReferralAnswer(AnswerModel):
    """A referral as an agency sees it."""

    referral_id: UUID
    service_type: str
    service_id: UUID | None
    """The receiver's own service it is for; null for a front door, before it is offered, and once it is closed."""
    service_name: str | None
    jurisdiction: str
    district: str | None
    basis: Basis
    urgency: Literal["stat", "asap", "urgent", "routine"]
    status: Status
    version: int
    organization_id: UUID | None
    organization_name: str | None
    """Whom it was offered to; null before it is offered."""
    respond_by: datetime | None
    due_at: datetime
    packet_url: str | None
    reason: str | None
    demo: bool


class OfferedTo(AnswerModel):
    """One offer of the same row."""

    referral_id: UUID
    organization_id: UUID
    organization_name: str | None
    status: Status
    """Where that offer stands."""
    offered_at: datetime


class HistoryLine(AnswerModel):
    """One step."""

    version: int
    status: Status
    """The state it went to."""
    at: datetime
    party: Party
    subject: str | None
    reason: str | None
    note_code: str | None
    channel: str | None
    who: str | None


class HouseAnswer(AnswerModel):
    """A hidden service, told to its own front door alone."""

    service_id: UUID
    name: str


class FullReferralAnswer(ReferralAnswer):
    """A referral; the last five only for its own team and coordinators."""

    houses: list[HouseAnswer] | None = None
    """For the front door of a hidden service that accepted, while it is open: its services that may take her."""
    organization_contact: ContactAnswer | None = None
    """Of the organization itself, once it was offered; for a hidden house of its front door."""
    offered_to: list[OfferedTo] | None = None
    withheld_for: list[str] | None = None
    history: list[HistoryLine] | None = None
    case_id: UUID | None = None


class ReferralPage(AnswerModel):
    """A page of referrals; `next` is the cursor of the next one."""

    referrals: list[FullReferralAnswer]
    next: str | None
    demo: bool


class TaskAnswer(AnswerModel):
    """Work for a person of the team."""

    task_id: UUID
    case_id: UUID
    code: str
    es: str
    en: str
    status: Literal["open", "done"]
    """Open tasks wait for a person."""
    service_type: str | None
    referral_id: UUID | None
    receiver_organization_id: UUID | None
    """Whom to call, or to hand the sheet to; for a hidden house its front door."""
    receiver_organization_name: str | None
    receiver_contact: ContactAnswer | None
    """Of the organization itself; `phone` is the service's own, and a hidden house has none."""
    receiver_service_type: str | None
    phone: str | None
    phone_verified_on: date | None
    sheet_url: str | None
    """For a call and for paper: what the receiver may know now, to hand over or to read out (the case's team)."""
    due_at: datetime
    opened_at: datetime
    outcome: str | None
    """What came of it; null = it is open."""
    completed_at: datetime | None
    completed_by: str | None


class TaskPage(AnswerModel):
    """A page of tasks."""

    tasks: list[TaskAnswer]
    next: str | None
    demo: bool


class UnmetNeedAnswer(AnswerModel):
    """One need nobody met."""

    unmet_id: UUID
    case_id: UUID
    code: str
    service_type: str
    reason: str
    found_at: datetime


class UnmetPage(AnswerModel):
    """A page of unmet needs."""

    unmet_needs: list[UnmetNeedAnswer]
    next: str | None
    demo: bool


class FocalPointAnswer(AnswerModel):
    """Who answers for the case."""

    case_id: UUID
    focal_point: str
    demo: bool


class ProtocolRule(RuleAnswer):
    """One rule as it stands in the pack."""

    kind: str
    """Which kind of rule."""
    services: list[str]
    jurisdiction: str
    basis: Basis | None
    """What lets it leave; null = it sends nothing."""
    due_hours: int
    categories: list[str]
    note: str


class ProtocolAnswer(AnswerModel):
    """The protocol in force."""

    protocol_version: str
    valid_from: date
    rules: list[ProtocolRule]
    """Every rule."""
    not_routed: dict[str, str]
    demo: bool
