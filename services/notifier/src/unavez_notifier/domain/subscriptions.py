"""A subscription: one channel of one feed, what it lets through and how it is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from unavez_notifier.domain.audiences import Feed

PREVIOUS_SECRET_LIVES = timedelta(hours=24)
"""How long the old secret still signs after a rotation."""
MOST_PER_FEED = 10
"""Subscriptions one feed may have: each one multiplies its deliveries. Rows from before the limit stay."""


class Status(StrEnum):
    """`unverified` until the endpoint has answered the handshake. `disabled` and `ended` are terminal."""

    UNVERIFIED = "unverified"
    ACTIVE = "active"
    PAUSED = "paused"
    """By its owner: events are held, it is no working channel (SAFETY N13)."""
    DISABLED = "disabled"
    """By the notifier. Its owner sees it, and why, until he deletes it."""
    ENDED = "ended"
    """Deleted; the row stays, unseen, until its last message is settled (SAFETY N19)."""


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
    """One channel of one feed."""

    subscription_id: UUID
    feed: Feed
    channel: str
    endpoint: str
    """Where its channel leads: a URL for a webhook."""
    filters: Filters
    status: Status
    start_position: int
    """It delivers nothing at or before this position (SAFETY N19)."""
    version: int
    created_at: datetime
    verified_at: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: DisabledReason | None = None
    ended_at: datetime | None = None
    """When its end was published in the feed. None for what an earlier version disabled."""
    failing_since: datetime | None = None
