"""The states of a referral: which step is legal and who may take it (CONTRACT "Referrals"; FHIR SDOH Task states)."""

from __future__ import annotations

from enum import StrEnum

from unavez_shared.contracts.event_data import ReferralState
from unavez_shared.contracts.events import (
    REFERRAL_ACCEPTED,
    REFERRAL_CANCELLED,
    REFERRAL_COMPLETED,
    REFERRAL_DECLINED,
    REFERRAL_ENTERED_IN_ERROR,
    REFERRAL_EXPIRED,
    REFERRAL_FAILED,
    REFERRAL_HELD,
    REFERRAL_OFFERED,
    REFERRAL_STARTED,
    EventType,
)


class ReferralStatus(StrEnum):
    """Where a referral stands (FHIR Task.status). `rejected`: the agency declined it; "declined" names the event."""

    DRAFT = "draft"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


Status = ReferralStatus
"""Its short name in this service; documents call it `ReferralStatus`, for the directory's services have one too."""


class Party(StrEnum):
    """Who takes a step."""

    ROUTER = "router"
    AGENCY = "agency"
    """The offered organization, or the case's team on its behalf."""
    TEAM = "team"
    COORDINATOR = "coordinator"


_AGENCY = frozenset({Party.AGENCY})
_SENDERS = frozenset({Party.ROUTER, Party.TEAM, Party.COORDINATOR})
_ANYONE = _SENDERS | _AGENCY
_ROUTER = frozenset({Party.ROUTER})

STEPS: dict[tuple[Status, Status], frozenset[Party]] = {
    (Status.DRAFT, Status.REQUESTED): _ROUTER,
    (Status.REQUESTED, Status.ACCEPTED): _AGENCY,
    (Status.REQUESTED, Status.REJECTED): _AGENCY,
    (Status.REQUESTED, Status.CANCELLED): _SENDERS,
    (Status.REQUESTED, Status.EXPIRED): _ROUTER,
    (Status.ACCEPTED, Status.IN_PROGRESS): _AGENCY,
    (Status.ACCEPTED, Status.ON_HOLD): _AGENCY,
    (Status.ACCEPTED, Status.CANCELLED): _ANYONE,
    (Status.ACCEPTED, Status.COMPLETED): _AGENCY,
    (Status.ACCEPTED, Status.FAILED): _AGENCY,
    (Status.IN_PROGRESS, Status.ON_HOLD): _AGENCY,
    (Status.IN_PROGRESS, Status.CANCELLED): _ANYONE,
    (Status.IN_PROGRESS, Status.COMPLETED): _AGENCY,
    (Status.IN_PROGRESS, Status.FAILED): _AGENCY,
    (Status.ON_HOLD, Status.IN_PROGRESS): _AGENCY,
    (Status.ON_HOLD, Status.CANCELLED): _ANYONE,
    (Status.ON_HOLD, Status.COMPLETED): _AGENCY,
    (Status.ON_HOLD, Status.FAILED): _AGENCY,
    **{
        (status, Status.ENTERED_IN_ERROR): frozenset({Party.COORDINATOR})
        for status in Status
        if status is not Status.ENTERED_IN_ERROR
    },
}
"""Every legal step and who may take it. What is not here does not happen."""

OPEN = frozenset({Status.DRAFT, Status.REQUESTED, Status.ACCEPTED, Status.IN_PROGRESS, Status.ON_HOLD})
HELPING = frozenset({Status.ACCEPTED, Status.IN_PROGRESS, Status.ON_HOLD, Status.COMPLETED})
"""Somebody took it."""

EVENTS: dict[Status, EventType[ReferralState]] = {
    Status.REQUESTED: REFERRAL_OFFERED,
    Status.ACCEPTED: REFERRAL_ACCEPTED,
    Status.REJECTED: REFERRAL_DECLINED,
    Status.IN_PROGRESS: REFERRAL_STARTED,
    Status.ON_HOLD: REFERRAL_HELD,
    Status.COMPLETED: REFERRAL_COMPLETED,
    Status.FAILED: REFERRAL_FAILED,
    Status.EXPIRED: REFERRAL_EXPIRED,
    Status.CANCELLED: REFERRAL_CANCELLED,
    Status.ENTERED_IN_ERROR: REFERRAL_ENTERED_IN_ERROR,
}


def may_ever(party: Party, to: Status) -> bool:
    """Tell whether this party may set that state at all."""
    return any(party in parties for (_, target), parties in STEPS.items() if target is to)


def is_legal(from_: Status, to: Status, party: Party) -> bool:
    """Tell whether this party may take this step now."""
    return party in STEPS.get((from_, to), frozenset())
