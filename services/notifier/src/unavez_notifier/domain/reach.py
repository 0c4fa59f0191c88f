"""Whether a machine can reach an organization at all; when it cannot, a person has to call (SAFETY N13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

UNREAD_FOR = timedelta(days=14)
"""A feed nobody has read for so long is not a channel."""
FAILING_FOR = timedelta(hours=1)
"""A channel that has not worked for so long is not a working channel any more (SAFETY N13)."""


_WHATEVER = ""
"""What no filter names: only a channel without one lets it through."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An offer to an organization; without its service type and district, whatever may be offered to it."""

    organization_id: UUID
    service_type: str = _WHATEVER
    district: str | None = _WHATEVER
    """2-digit department; None = none, every filter lets it through."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How an agency can be reached right now with one offer."""

    organization_id: UUID
    has_healthy_channel: bool
    """One that works and lets the offer through: whatever it filters by (type, service, district)."""
    has_failing_channel: bool
    has_stopped_channel: bool
    """One that its owner paused, that was disabled, or that leaves the offer out: no working channel."""
    last_read_at: datetime | None


def reads_its_feed(reach: Reach, now: datetime) -> bool:
    """Tell whether somebody there has read the feed within the last 14 days."""
    return reach.last_read_at is not None and now - reach.last_read_at < UNREAD_FOR


def unreachable(reach: Reach, *, entered_at: datetime, now: datetime) -> Literal["no_channel", "failing"] | None:
    """Return why no channel works, or None when one does.

    An organization that never read its feed has 14 days from its entry in the directory to begin; one whose channel
    was stopped has begun.
    """
    if reach.has_healthy_channel:
        return None
    if reach.has_failing_channel:
        return "failing"
    if reads_its_feed(reach, now):
        return None
    return "no_channel" if reach.has_stopped_channel or now - entered_at >= UNREAD_FOR else None
