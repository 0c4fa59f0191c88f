"""The catalogue of internal events: who says what to whom, under which key, signed or not.

This module IS the topology. The table of a service (`messaging/subscriptions.py`) has exactly the events that name it
here, or the service does not start; it holds the keys of exactly the families it publishes or consumes (SAFETY N5).
Every event carries the new state of its subject, not a difference: a handler applies what is newer and drops the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unavez_shared.contracts.event_data import (
    CapacityState,
    CaseState,
    DeliveryExhausted,
    PlanState,
    ReferralMilestone,
    ReferralScope,
    ReferralState,
    ServiceState,
    SubscriptionDisabled,
    TaskState,
    UnmetState,
)
from unavez_shared.contracts.event_type import EventType as EventType  # noqa: PLC0414  (read from here by everybody)
from unavez_shared.contracts.services import Service

# --- the catalogue ------------------------------------------------------------------------------------------------

_INTAKE, _ROUTER = Service.INTAKE, Service.REFERRAL_ROUTER
_DIRECTORY, _NOTIFIER = Service.DIRECTORY, Service.NOTIFIER
_TO_ROUTER = frozenset({_ROUTER})
_TO_INTAKE = frozenset({_INTAKE})
_TO_NOTIFIER = frozenset({_NOTIFIER})
_TO_ROUTER_AND_NOTIFIER = frozenset({_ROUTER, _NOTIFIER})
_TO_INTAKE_AND_NOTIFIER = frozenset({_INTAKE, _NOTIFIER})

CASE_REGISTERED = EventType("case.registered.v1", "case", _INTAKE, _TO_ROUTER, CaseState)

SERVICE_PUBLISHED = EventType("service.published.v1", "service", _DIRECTORY, _TO_ROUTER_AND_NOTIFIER, ServiceState)
SERVICE_CHANGED = EventType("service.changed.v1", "service", _DIRECTORY, _TO_ROUTER_AND_NOTIFIER, ServiceState)
SERVICE_SUSPENDED = EventType("service.suspended.v1", "service", _DIRECTORY, _TO_ROUTER_AND_NOTIFIER, ServiceState)
CAPACITY_CHANGED = EventType("capacity.changed.v1", "capacity", _DIRECTORY, _TO_ROUTER, CapacityState)


def _referral(name: str, *, once_unsigned: bool = True, retired: bool = False) -> EventType[ReferralState]:
    """A step opens or destroys: each is signed; those that only destroy were not, before (ADR 21)."""
    return EventType(
        f"referral.{name}.v1",
        "referral",
        _ROUTER,
        _TO_INTAKE_AND_NOTIFIER,
        ReferralState,
        signed=True,
        once_unsigned=once_unsigned,
        retired=retired,
    )


REFERRAL_OFFERED = _referral("offered", once_unsigned=False)
REFERRAL_ACCEPTED = _referral("accepted", once_unsigned=False)
REFERRAL_DECLINED = _referral("declined")
REFERRAL_EXPIRED = _referral("expired")
REFERRAL_STARTED = _referral("started")
REFERRAL_HELD = _referral("held")
REFERRAL_COMPLETED = _referral("completed")
REFERRAL_FAILED = _referral("failed")
REFERRAL_CANCELLED = _referral("cancelled")
REFERRAL_ENTERED_IN_ERROR = _referral("entered_in_error")
REFERRAL_RESCOPED = EventType("referral.rescoped.v2", "referral", _ROUTER, _TO_INTAKE, ReferralScope, signed=True)
"""A rule's grant opened or closed after the offer. Nobody else is to know when (SAFETY N8, ADR 21)."""
REFERRAL_RESCOPED_V1 = _referral("rescoped", once_unsigned=False, retired=True)
"""Published by the version before and by nobody now; read until its keys are dead."""
REFERRAL_SHOWN = _referral("shown", once_unsigned=False)
"""Her team sees from now on the state it was not to see before (`team_shown_at`)."""
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


def published_by(service: Service) -> frozenset[EventType[Any]]:
    """Return the event types this service publishes today."""
    return frozenset(event for event in CATALOGUE.values() if event.producer is service and not event.retired)


def consumed_by(service: Service) -> frozenset[EventType[Any]]:
    """Return the event types this service must handle: its queue's bindings."""
    return frozenset(event for event in CATALOGUE.values() if service in event.consumers)


def families_of(service: Service) -> frozenset[str]:
    """Return the key families this service holds: those it produces or consumes (SAFETY N5)."""
    return frozenset(
        event.family for event in CATALOGUE.values() if service is event.producer or service in event.consumers
    )
