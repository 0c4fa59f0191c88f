"""The part of an event everybody on the bus may read: CloudEvents 1.0 attributes, no fact of hers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from unavez_shared.messaging.errors import UndecodableError

_CONTENT_TYPE = "application/jose"
_LONGEST = 256
_SEQUENCES = 2**63
_TEXTS = ("source", "type", "subject", "time", "sequence", "dataschema")


@dataclass(frozen=True)
class Envelope:
    """The clear attributes of one structured CloudEvent."""

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int
    dataschema: str
    traceparent: str | None = None

    def binding(self) -> bytes:
        """Return a digest of every attribute: sealed data that carries it opens under no other envelope."""
        return hashlib.sha256(orjson.dumps(list(self.attributes.items()))).digest()

    def write(self, data: str) -> bytes:
        """Return the structured-mode JSON with this sealed `data`."""
        return orjson.dumps({**self.attributes, "data": data})

    @cached_property
    def attributes(self) -> Mapping[str, str]:
        """The CloudEvents attributes as they stand on the bus."""
        attributes = {
            "specversion": "1.0",
            "id": str(self.id),
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.isoformat().replace("+00:00", "Z"),
            "sequence": str(self.sequence),
            "dataschema": self.dataschema,
            "datacontenttype": _CONTENT_TYPE,
        }
        if self.traceparent is not None:
            attributes["traceparent"] = self.traceparent
        return attributes


def read_envelope(body: bytes) -> Envelope:
    """Return the clear attributes of a message, without opening it.

    What it says is not authenticated: good for parking and listing, never for an effect.
    Raises `UndecodableError`.
    """
    return split(body)[0]


def split(body: bytes) -> tuple[Envelope, str]:
    """Return the clear attributes and the sealed data of a message. Raises `UndecodableError`."""
    try:
        raw = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise UndecodableError("not JSON") from None
    if not isinstance(raw, dict) or not all(isinstance(raw.get(key), str) for key in ("id", "data", *_TEXTS)):
        raise UndecodableError("not a structured CloudEvent")
    if not all(_is_plain(raw[key]) for key in _TEXTS):
        raise UndecodableError("malformed CloudEvents attribute")
    if raw.get("specversion") != "1.0" or raw.get("datacontenttype") != _CONTENT_TYPE:
        raise UndecodableError("not a sealed CloudEvent 1.0")
    return _envelope(raw), raw["data"]


def _is_plain(text: str) -> bool:
    # What a hostile publisher writes here may end in a table or a log: no control characters, no novels.
    return len(text) <= _LONGEST and text.isascii() and text.isprintable()


def _envelope(raw: dict[str, Any]) -> Envelope:
    traceparent = raw.get("traceparent")
    try:
        envelope = Envelope(
            id=UUID(raw["id"]),
            source=raw["source"],
            type=raw["type"],
            subject=raw["subject"],
            time=datetime.fromisoformat(raw["time"]),
            sequence=int(raw["sequence"]),
            dataschema=raw["dataschema"],
            traceparent=traceparent if isinstance(traceparent, str) else None,
        )
    except ValueError:
        raise UndecodableError("malformed CloudEvents attribute") from None
    if envelope.time.tzinfo is None or not 0 <= envelope.sequence < _SEQUENCES:
        raise UndecodableError("malformed CloudEvents attribute")
    # One way to write each event: a UUID in capitals would be the same event under other bytes.
    if any(raw[name] != value for name, value in envelope.attributes.items()):
        raise UndecodableError("CloudEvents attribute in another notation")
    return envelope
