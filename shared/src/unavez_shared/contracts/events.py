"""The catalogue of internal events: who says what to whom, under which key, signed or not.

This module IS the topology. A service declares handlers for exactly the events that name it as a consumer
(a guard test compares the two), and holds the keys of exactly the families it speaks or hears (SAFETY N5).
Every event carries the new state of its subject, not a difference: a handler applies what is newer and drops the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from unavez_shared.contracts.services import Service


class EventData(BaseModel):
    """Base of every event's data: immutable; a key a newer producer added is ignored, not an error."""

    model_config = ConfigDict(frozen=True, extra="ignore")


# --- intake -> referral router ------------------------------------------------------------------------------------


class ConsentFact(EventData):
    """One consent as the router needs it: for whom, to what, until when."""

    consent_id: UUID
    service_type: str | None = None
    organization_id: UUID | None = None
    categories: list[str] | None = None
    expires_at: datetime | None = None
    to_confirm: bool = False


class CaseState(EventData):
    """The routing facts of one intake: no name, no contact, no narrative."""

    case_id: UUID
    intake_id: UUID
    case_code: str
    organization_id: UUID
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
    second_confirmed_by: str | None = None


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


class ServiceState(EventData):
    """What the router needs to pick a service and name who answers, and the notifier to know if channels are safe."""

    service_id: UUID
    organization_id: UUID
    front_door_organization_id: UUID
    """The organization that answers for it; the same as `organization_id` unless a hidden house has another."""
    organization_name: str | None = None
    front_door_name: str | None = None
    front_door_phone: str | None = None
    front_door_email: str | None = None
    """The front door's own contact. All four are None in what was published before names were."""
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


class CapacityState(EventData):
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


class ReferralState(EventData):
    """One referral, as intake (who may open which packet) and notifier (whom to tell) need it."""

    referral_id: UUID
    referral_code: str
    case_id: UUID
    organization_id: UUID
    team_organization_id: UUID
    service_type: str
    purpose: str
    status: str
    version: int
    urgency: Literal["stat", "asap", "urgent", "routine"]
    district: str | None
    """2-digit department of the receiving service; None for safe_district."""
    due_at: datetime
    respond_by: datetime
    offered_at: datetime
    grants: list[Grant]
    handling: list[str] = []
    receiving_service_type: str | None = None
    """Type of the service that receives it, where a fallback stands in: it decides what may be read."""
    organization_entered_at: datetime
    """When the receiving service entered the directory: the clock of SAFETY N13 starts there."""
    reason: str | None = None
    demo: bool


class ReferralMilestone(EventData):
    """Something another holder of the case should hear, told on its OWN referral (`referral`)."""

    milestone_id: UUID
    referral: ReferralState
    kind: str
    value: str
    on: datetime


class PlanState(EventData):
    """A plan was made, confirmed or superseded."""

    plan_id: UUID
    case_id: UUID
    organization_id: UUID
    status: Literal["proposed", "confirmed", "superseded"]
    protocol_version: str
    demo: bool


class UnmetState(EventData):
    """Help that she needs and that does not exist, is full, or refused."""

    unmet_id: UUID
    case_id: UUID
    plan_id: UUID
    organization_id: UUID
    service_type: str
    code: str
    reason: str
    demo: bool


class TaskState(EventData):
    """Work for a person of the case's team: a call, a sheet, an answer."""

    task_id: UUID
    case_id: UUID
    organization_id: UUID
    code: str
    status: Literal["open", "done"]
    due_at: datetime | None = None
    referral_id: UUID | None = None
    demo: bool


# --- notifier -> referral router ----------------------------------------------------------------------------------


class DeliveryExhausted(EventData):
    """No machine will tell this organization: a person has to (SAFETY N13)."""

    organization_id: UUID
    referral_id: UUID
    reason: Literal["no_channel", "failing", "unread"]


class SubscriptionDisabled(EventData):
    """A channel was switched off: by its owner's 410 or after days of failures."""

    organization_id: UUID
    subscription_id: UUID
    reason: Literal["gone", "failing"]
    reachable: bool = False
    """Another channel of it works, or it reads its feed: nobody has to call."""


# --- the catalogue ------------------------------------------------------------------------------------------------

D = TypeVar("D", bound=EventData)


@dataclass(frozen=True, slots=True, eq=False)
class EventType(Generic[D]):
    """One kind of event: its owner, its hearers, its key family and the shape of its data."""

    name: str
    """`<aggregate>.<past participle>.v<major>`: the routing key."""
    family: str
    producer: Service
    consumers: frozenset[Service]
    data: type[D]
    signed: bool = False

    @property
    def type(self) -> str:
        """The CloudEvents `type`."""
        return f"pe.unavez.{self.name}"


_INTAKE, _ROUTER = Service.INTAKE, Service.REFERRAL_ROUTER
_DIRECTORY, _NOTIFIER = Service.DIRECTORY, Service.NOTIFIER
_TO_ROUTER = frozenset({_ROUTER})
_TO_NOTIFIER = frozenset({_NOTIFIER})
_TO_ROUTER_AND_NOTIFIER = frozenset({_ROUTER, _NOTIFIER})
_TO_INTAKE_AND_NOTIFIER = frozenset({_INTAKE, _NOTIFIER})

CASE_REGISTERED = EventType("case.registered.v1", "case", _INTAKE, _TO_ROUTER, CaseState)

SERVICE_PUBLISHED = EventType("service.published.v1", "service", _DIRECTORY, _TO_ROUTER_AND_NOTIFIER, ServiceState)
SERVICE_CHANGED = EventType("service.changed.v1", "service", _DIRECTORY, _TO_ROUTER_AND_NOTIFIER, ServiceState)
SERVICE_SUSPENDED = EventType("service.suspended.v1", "service", _DIRECTORY, _TO_ROUTER_AND_NOTIFIER, ServiceState)
CAPACITY_CHANGED = EventType("capacity.changed.v1", "capacity", _DIRECTORY, _TO_ROUTER, CapacityState)


def _referral(name: str, *, signed: bool = False) -> EventType[ReferralState]:
    return EventType(f"referral.{name}.v1", "referral", _ROUTER, _TO_INTAKE_AND_NOTIFIER, ReferralState, signed)


REFERRAL_OFFERED = _referral("offered", signed=True)
REFERRAL_ACCEPTED = _referral("accepted", signed=True)
REFERRAL_RESCOPED = _referral("rescoped", signed=True)
"""A rule's grant opened or closed after the offer: intake re-reads it, nobody is told again."""
REFERRAL_DECLINED = _referral("declined")
REFERRAL_EXPIRED = _referral("expired")
REFERRAL_STARTED = _referral("started")
REFERRAL_HELD = _referral("held")
REFERRAL_COMPLETED = _referral("completed")
REFERRAL_FAILED = _referral("failed")
REFERRAL_CANCELLED = _referral("cancelled")
REFERRAL_ENTERED_IN_ERROR = _referral("entered_in_error")
REFERRAL_MILESTONE = EventType("referral.milestone.v1", "referral", _ROUTER, _TO_INTAKE_AND_NOTIFIER, ReferralMilestone)

PLAN_MADE = EventType("plan.made.v1", "plan", _ROUTER, _TO_NOTIFIER, PlanState)
NEED_UNMET = EventType("need.unmet.v1", "plan", _ROUTER, _TO_NOTIFIER, UnmetState)
TASK_OPENED = EventType("task.opened.v1", "plan", _ROUTER, _TO_NOTIFIER, TaskState)

DELIVERY_EXHAUSTED = EventType("delivery.exhausted.v1", "delivery", _NOTIFIER, _TO_ROUTER, DeliveryExhausted)
SUBSCRIPTION_DISABLED = EventType("subscription.disabled.v1", "delivery", _NOTIFIER, _TO_ROUTER, SubscriptionDisabled)

CATALOGUE: Mapping[str, EventType[Any]] = {
    event.type: event for event in list(globals().values()) if isinstance(event, EventType)
}
"""Every event type by its CloudEvents `type`."""


def consumed_by(service: Service) -> frozenset[EventType[Any]]:
    """Return the event types this service must handle: its queue's bindings."""
    return frozenset(event for event in CATALOGUE.values() if service in event.consumers)


def families_of(service: Service) -> frozenset[str]:
    """Return the key families this service holds: those it produces or consumes (SAFETY N5)."""
    return frozenset(
        event.family for event in CATALOGUE.values() if service is event.producer or service in event.consumers
    )
