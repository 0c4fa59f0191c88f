"""A subscription: one channel of one feed, what it lets through and how it is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from unavez_notifier.domain.audiences import Feed

PREVIOUS_SECRET_LIVES = timedelta(hours=24)
"""How long the old secret still signs after a rotation."""
MOST_PER_FEED = 50
"""Subscriptions one feed may have: each one multiplies its deliveries."""


class Status(StrEnum):
    """`unverified` until the endpoint has answered the handshake; `disabled` until its owner patches it."""

    UNVERIFIED = "unverified"
    ACTIVE = "active"
    DISABLED = "disabled"


class DisabledReason(StrEnum):
    """Why a subscription was switched off."""

    GONE = "gone"
    """Its endpoint answered 410."""
    FAILING = "failing"
    """Nothing reached it for three days."""
    UNSAFE = "unsafe"
    """Its organization runs a hidden service now (SAFETY N4)."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a subscription lets through; None = everything.

    An event without a service type or district (about a channel; an offer at `safe_district`) passes: a filter must
    not make an offer disappear.
    """

    event_types: tuple[str, ...] | None = None
    service_types: tuple[str, ...] | None = None
    districts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One webhook."""

    subscription_id: UUID
    feed: Feed
    endpoint: str
    filters: Filters
    status: Status
    start_position: int
    """It delivers nothing at or before this position (SAFETY N19)."""
    version: int
    created_at: datetime
    verified_at: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: DisabledReason | None = None
    failing_since: datetime | None = None
