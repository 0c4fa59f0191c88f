"""One event of a feed: composed, then serialised ONCE; the same bytes go out on every channel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from unavez_notifier.domain.audiences import Feed
from unavez_notifier.domain.urgency import Urgency

SOURCE = "/notifier"
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

Value = str | bool | None
"""Everything an event's `data` may hold: codes, ids and times as text, and the demo mark."""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """What will stand in a feed. It has no position yet."""

    feed: Feed
    id: UUID
    """Random and the feed's own: nothing links it to what another organization received (SAFETY N7)."""
    type: str
    subject: UUID
    time: datetime
    data: Mapping[str, Value]
    urgency: Urgency = Urgency.ROUTINE
    service_type: str | None = None
    district: str | None = None

    def serialise(self, position: int) -> bytes:
        """Return the CloudEvent as JSON bytes. `sequence` is the position: it starts at 1 for each feed."""
        event = {
            "specversion": "1.0",
            "id": str(self.id),
            "source": SOURCE,
            "type": self.type,
            "subject": str(self.subject),
            "time": self.time.isoformat(),
            "sequence": str(position),
            "datacontenttype": "application/json",
            "data": dict(self.data),
        }
        return _ENCODER.encode(event).encode()
