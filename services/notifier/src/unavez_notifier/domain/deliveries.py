"""Deliveries: one event on its way to one subscription, what is due of it, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from unavez_notifier.domain.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """One attempt to make now; leased to whoever claimed it."""

    organization_id: UUID
    subscription_id: UUID
    position: int
    event_id: UUID
    body: bytes
    channel: str
    endpoint: str
    secret: bytes
    previous_secret: bytes | None
    """None when there is none, or its day is over."""
    attempts: int
    """This one included."""
    first_attempt_at: datetime
    failing_since: datetime | None
    is_last: bool
    """The subscription has ended; this tells its endpoint."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one attempt."""

    due: DueDelivery
    status: Literal["delivered", "pending", "exhausted", "gone"]
    """`pending` = try again at `next_attempt_at`; `gone` = its receiver asks for nothing more."""
    next_attempt_at: datetime | None = None
    status_code: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class DueHandshake:
    """One endpoint to ask now whether it wants our events."""

    subscription: Subscription
    attempts: int
    """This one included."""
    since: datetime


@dataclass(frozen=True, slots=True)
class UntoldOffer:
    """An offer no channel told its organization, and which it has not read in its feed either."""

    organization_id: UUID
    referral_id: UUID
    position: int


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One delivery as its owner may see it."""

    position: int
    event_id: UUID
    type: str
    status: str
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    last_status_code: int | None
    last_error: str | None
    settled_at: datetime | None
