"""One event of a feed: composed, then serialised ONCE; the same bytes go out on every channel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from unavez_notifier.domain.audiences import Feed
from unavez_notifier.domain.urgency import Urgency

_DIGITS = 12
"""Of a `sequence`: more events than a feed will ever have."""
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
    schema: str | None = None
    """Name of the document that describes `data`; None = the type's own."""

    def serialise(self, position: int, public_url: str) -> bytes:
        """Return the CloudEvent as JSON bytes.

        `sequence` is the position, from 1 on for each feed, padded with zeros: it orders as text, as its extension
        demands. `source` is the installation.
        """
        source = f"{public_url}/notifier"
        event = {
            "specversion": "1.0",
            "id": str(self.id),
            "source": source,
            "type": self.type,
            "subject": str(self.subject),
            "time": self.time.isoformat(),
            "sequence": f"{position:0{_DIGITS}d}",
            "datacontenttype": "application/json",
            "dataschema": f"{source}/v1/schemas/{self.schema or self.type}.json",
            "data": dict(self.data),
        }
        return _ENCODER.encode(event).encode()


@dataclass(frozen=True, slots=True)
class Placed:
    """An event that now has its place in a feed."""

    event: FeedEvent
    position: int


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event of a feed as it goes out."""

    position: int
    body: bytes
