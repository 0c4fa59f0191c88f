"""Whether a machine can reach an organization at all; when it cannot, a person has to call (SAFETY N13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

UNREAD_FOR = timedelta(days=14)
"""A feed nobody has read for so long is not a channel."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How an agency can be reached right now."""

    organization_id: UUID
    has_healthy_channel: bool
    has_failing_channel: bool
    last_read_at: datetime | None


def unreachable(reach: Reach, *, entered_at: datetime, now: datetime) -> Literal["no_channel", "failing"] | None:
    """Return why no channel works, or None when one does.

    An organization that never read its feed has 14 days from its entry in the directory to begin.
    """
    if reach.has_healthy_channel or (reach.last_read_at is not None and now - reach.last_read_at < UNREAD_FOR):
        return None
    if reach.has_failing_channel:
        return "failing"
    return "no_channel" if now - entered_at >= UNREAD_FOR else None
