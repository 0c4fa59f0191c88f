"""What each internal event carries. Which events there are, who publishes and who consumes them: `events.py`.

Every event carries the new state of its subject, not a difference: a handler applies what is newer and drops the rest.
A field added later has a default: what the version before published is still read.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class EventData(BaseModel):
    """Base of every event's data: immutable; a key a newer producer added is ignored, not an error."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class State(EventData):
    """The whole state of its subject: a later event replaces an earlier one, parked ones included."""


class Report(EventData):
    """What happened, or was counted: each event stands for itself, and none replaces another."""


# --- intake -> referral router ------------------------------------------------------------------------------------


class ConsentFact(EventData):
    """One consent as the router needs it: for whom, to what, until when."""

    consent_id: UUID
    service_type: str | None = None
    organization_id: UUID | None = None
    categories: list[str] | None = None
    expires_at: datetime | None = None
    to_confirm: bool = False


class CaseState(State):
    """The routing facts of one intake: no name, no contact, no narrative."""

    case_id: UUID
    intake_id: UUID
    case_code: str
    organization_id: UUID
    """Whose case it is. A third party's is the duty organization's, or `NOBODY`'s; never its author's (SAFETY N10)."""
    team: list[str]
    status: Literal["draft", "paused", "complete"]
    captured_at: datetime
    demo: bool
    facts: dict[str, Any]
    places: dict[str, Any]
    consents: list[ConsentFact] = []
    consent_all_proposed: bool = False
    consent_shown_digest: str | None = None
    consent_to_confirm: bool = False
    duty_notice_given: bool = False
    avoid_organization_ids: list[UUID] = []
    avoid_service_types: list[str] = []
    confirmed_by: str | None = None
    """Subject of the token that confirmed the plan with the intake; None = nobody has."""
    coordinator_first: bool = False  # nothing of it leaves before a coordinator other than `author` confirms
    author: str | None = None  # subject of the token that registered a case of which a coordinator comes first


# --- directory -> referral router, notifier -----------------------------------------------------------------------


class Tier(StrEnum):
    """How visible a service's place is (SAFETY N1)."""

    PUBLIC = "public"
    NAMED = "named"
    HIDDEN = "hidden"


class Delivery(StrEnum):
    """How an offer reaches a service (SAFETY N13)."""

    SYSTEM = "system"
    CALL = "call"
    PAPER = "paper"


class ServiceState(State):
    """Everything the router needs to pick this service, and the notifier to know whether its channels are safe."""

    service_id: UUID
    organization_id: UUID
    front_door_organization_id: UUID
    """The organization that answers for it; the same as `organization_id` unless a hidden house has another."""
    organization_name: str | None = None
    """None in what was published before names were; an upgrade publishes every service again."""
    front_door_name: str | None = None
    front_door_phone: str | None = None
    front_door_email: str | None = None
    """The front door's own contact: her team gets it with the offered referral or its task."""
    service_type: str
    name: str
    active: bool
    tier: Tier
    delivery: Delivery
    location_district: str | None
    """6-digit UBIGEO of where it is; None for services without a place (lines, national offices)."""
    served_areas: list[str]
    """UBIGEO prefixes it serves: 2, 4 or 6 digits; "PE" = the whole country."""
    remote: bool = False
    """It can also attend by telephone or video."""
    languages: list[str] = []
    accommodates: list[str] = []
    """Tags: women, men, lgbtiq, family, girls, boys, accessible… empty = no restriction stated."""
    minimum_age: int | None = None
    maximum_age: int | None = None
    co_located_with: list[str] = []
    phone: str | None = None
    phone_verified_on: str | None = None
    available: int | None = None
    """Reported free places; None = not reported, never a reason to leave it out."""
    capacity_reported_at: datetime | None = None
    entered_at: datetime
    demo: bool


class CapacityState(Report):
    """What an agency reported about its own free places."""

    service_id: UUID
    unit: str
    available: int
    maximum: int | None = None
    reported_at: datetime


# --- referral router -> intake, notifier --------------------------------------------------------------------------


class Grant(EventData):
    """What one rule lets the receiver of a referral read, and whether that rule alone would have let it leave."""

    rule_id: str
    basis: Literal["vital_interest", "legal_duty", "consent"]
    categories: list[str]
    open: bool


class ReferralState(State):
    """One referral, as intake (who may open which packet) and notifier (whom to tell) need it."""

    referral_id: UUID
    referral_code: str
    case_id: UUID
    organization_id: UUID
    team_organization_id: UUID
    team: list[str] = []
    """Subjects of the case's team and its focal point, all of `team_organization_id`: each has a feed."""
    service_type: str
    purpose: str
    status: str
    version: int
    urgency: Literal["stat", "asap", "urgent", "routine"]
    district: str | None
    """2-digit department of the receiving service; None for safe_district."""
    due_at: datetime
    """The receiver's own: counted from its offer, rounded down to five minutes; the case's stays with the team (N7)."""
    respond_by: datetime
    offered_at: datetime
    grants: list[Grant]
    handling: list[str] = []
    receiving_service_type: str | None = None
    """Type of the service that receives it, where a fallback stands in: it decides what may be read."""
    service_id: UUID | None = None
    """The receiver's own service; None for a front door (SAFETY N1), and in what was published before it was said."""
    service_name: str | None = None
    """Its name as the directory had it then."""
    organization_entered_at: datetime
    """When the receiving service entered the directory: the clock of SAFETY N13 starts there."""
    reason: str | None = None
    signed_steps: bool = False
    """Its producer signs every step of this referral: one without a signature is not its own (SAFETY N6)."""
    team_shown_at: datetime | None = None
    team_status: str | None = None
    """Until then (ADR 19) her team sees this status, or with None no referral at all."""
    demo: bool


class ReferralScope(ReferralState):
    """One referral whose packet may show more, or less, than before. For intake alone (SAFETY N8)."""

    scope_version: int
    """Counts changes of what may be shown; 0 (never changed) at the offer. `version` counts steps of status."""


class ReferralMilestone(Report):
    """Something another holder of the case should hear, told on its OWN referral (`referral`)."""

    milestone_id: UUID
    referral: ReferralState
    kind: str
    value: str
    on: datetime


class PlanState(State):
    """A plan was made, confirmed or superseded."""

    plan_id: UUID
    case_id: UUID
    organization_id: UUID
    team: list[str] = []
    status: Literal["proposed", "confirmed", "superseded"]
    protocol_version: str
    demo: bool


class UnmetState(State):
    """Help that she needs and that does not exist, is full, or refused."""

    unmet_id: UUID
    case_id: UUID
    plan_id: UUID
    organization_id: UUID
    team: list[str] = []
    service_type: str
    code: str
    reason: str
    demo: bool


class TaskState(State):
    """Work for a person of the case's team: a call, a sheet, an answer."""

    task_id: UUID
    case_id: UUID
    organization_id: UUID
    team: list[str] = []
    code: str
    status: Literal["open", "done"]
    due_at: datetime | None = None
    referral_id: UUID | None = None
    demo: bool


# --- notifier -> referral router ----------------------------------------------------------------------------------


class DeliveryExhausted(Report):
    """No machine will tell this organization: a person has to (SAFETY N13)."""

    organization_id: UUID
    referral_id: UUID
    reason: Literal["no_channel", "failing", "unread"]


class SubscriptionDisabled(Report):
    """A channel was switched off: by its owner's 410 or after days of failures."""

    organization_id: UUID
    subscription_id: UUID
    reason: Literal["gone", "failing"]
    reachable: bool = False
    """Another channel of it works, or it reads its feed: nobody has to call."""
