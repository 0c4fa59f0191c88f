"""Seals events for the bus and opens them again: the only place where a readable event meets bytes (SAFETY N5, N6).

`data` is a JWE (`dir`, A256GCM) under today's key of the event's family. The protected header binds a digest of every
clear attribute, so sealed data cannot be moved to another envelope. The plaintext is JSON padded with spaces to
1, 4, 16 or 64 KiB, so its length says little. Facts that open or destroy are a JWS of their one producer inside the
JWE, because others hold the family's key too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import ValidationError

from unavez_shared.contracts.event_data import EventData
from unavez_shared.contracts.events import CATALOGUE, EventType
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.envelope import Envelope, split
from unavez_shared.messaging.errors import BadSignatureError, SealingError, UndecodableError, WrongVersionError
from unavez_shared.messaging.event import Event
from unavez_shared.privacy import jose
from unavez_shared.privacy.jose import JoseRefusedError
from unavez_shared.privacy.sealing import KeyUnavailableError, SealingKeyring
from unavez_shared.privacy.signing import SigningKeys

BUCKETS = (1024, 4096, 16384, 65536)
"""Sizes, in bytes, a plaintext is padded to."""


class EventCodec:
    """The codec of one service: speaks what it produces, opens what it produces or consumes."""

    def __init__(self, service: Service, keyring: SealingKeyring, signing: SigningKeys) -> None:
        self._service = service
        self._keyring = keyring
        self._signing = signing

    def encode(self, event: Event[Any]) -> Message:
        """Seal and, where the catalogue says so, sign an event.

        Raises `SealingError` when this service may not or cannot say it, or the data exceeds 64 KiB.
        """
        kind = event.event_type
        if kind.producer is not self._service:
            raise SealingError(f"{kind.name} is not this service's to say")
        envelope = Envelope(
            id=event.id,
            source=kind.producer.path,
            type=kind.type,
            subject=event.subject,
            time=event.time,
            sequence=event.sequence,
            dataschema=_schema_of(kind),
            traceparent=event.traceparent,
        )
        plaintext = event.data.model_dump_json().encode()
        if kind.signed:
            plaintext = self._sign(envelope, plaintext)
        body = envelope.write(self._seal(kind, envelope, plaintext))
        return Message(message_id=str(event.id), routing_key=kind.name, body=body)

    def decode(self, body: bytes) -> Event[Any]:
        """Open a message.

        Raises `UndecodableError` (not an event), `WrongVersionError` (a type or shape this version does not know) or
        `BadSignatureError` (does not open under its family's key, or was not said by its producer).
        """
        envelope, sealed = split(body)
        kind = CATALOGUE.get(envelope.type)
        if kind is None:
            raise WrongVersionError("unknown event type")
        if envelope.source != kind.producer.path or envelope.dataschema != _schema_of(kind):
            raise BadSignatureError("not from its producer")
        plaintext = self._open(kind, envelope, sealed)
        unsigned = kind.once_unsigned and not _is_text(plaintext)
        if kind.signed and not unsigned:
            plaintext = self._verified(kind, envelope, plaintext)
        return Event(
            id=envelope.id,
            event_type=kind,
            subject=envelope.subject,
            time=envelope.time,
            sequence=envelope.sequence,
            data=_data(kind, plaintext),
            traceparent=envelope.traceparent,
            unsigned=unsigned,
        )

    def _seal(self, kind: EventType[Any], envelope: Envelope, plaintext: bytes) -> str:
        try:
            key_id, key = self._keyring.today(kind.family)
        except KeyUnavailableError:
            raise SealingError(f"no key of the family {kind.family}") from None
        header = {"kid": key_id, "ctx": _binding(envelope)}
        return jose.seal(header, _padded(plaintext), key.raw_value)

    def _open(self, kind: EventType[Any], envelope: Envelope, sealed: str) -> bytes:
        def key_for(header: Mapping[str, Any]) -> bytes:
            if header.keys() != {"kid", "ctx"} or header["ctx"] != _binding(envelope):
                raise BadSignatureError("sealed for another envelope")
            return self._key(kind, header["kid"])

        try:
            return jose.open_sealed(sealed, key_for)
        except (JoseRefusedError, KeyUnavailableError):
            raise BadSignatureError("does not open") from None

    def _key(self, kind: EventType[Any], key_id: Any) -> bytes:
        if not isinstance(key_id, str) or key_id.rpartition(".")[0] != kind.family:
            raise KeyUnavailableError("another family's key")
        return self._keyring.by_id(key_id).raw_value

    def _sign(self, envelope: Envelope, data: bytes) -> bytes:
        signed = jose.sign(_signed_by(self._service), _statement(envelope, data), self._signing.private)
        return b'"' + signed.encode() + b'"'

    def _verified(self, kind: EventType[Any], envelope: Envelope, plaintext: bytes) -> bytes:
        try:
            signed = orjson.loads(plaintext)
            payload = jose.open_signed(signed, _signed_by(kind.producer), self._signing.public(kind.producer))
            statement = orjson.loads(payload)
            data = orjson.dumps(statement["data"])
        except (JoseRefusedError, ValueError, TypeError, KeyError):
            raise BadSignatureError("not signed by its producer") from None
        # The statement must be about THIS event: a signature under another id, subject or version is a replay.
        if [statement.get(key) for key in ("type", "id", "subject", "sequence")] != _about(envelope):
            raise BadSignatureError("signed about another event")
        return data


def _schema_of(kind: EventType[Any]) -> str:
    return f"urn:unavez:event:{kind.name}"


def _binding(envelope: Envelope) -> str:
    return jose.encode(envelope.binding()).decode()


def _is_text(plaintext: bytes) -> bool:
    """Tell a signed statement (one JSON string) from data without a signature (a JSON object)."""
    return plaintext[:1] == b'"' == plaintext.rstrip()[-1:]


def _signed_by(service: Service) -> dict[str, str]:
    return {"kid": service.value}


def _about(envelope: Envelope) -> list[str | int]:
    return [envelope.type, str(envelope.id), envelope.subject, envelope.sequence]


def _statement(envelope: Envelope, data: bytes) -> bytes:
    about = dict(zip(("type", "id", "subject", "sequence"), _about(envelope), strict=True))
    return orjson.dumps(about | {"data": orjson.Fragment(data)})


def _padded(plaintext: bytes) -> bytes:
    for size in BUCKETS:
        if len(plaintext) <= size:
            return plaintext.ljust(size)
    raise SealingError("event data exceeds 64 KiB")


def _data(kind: EventType[Any], plaintext: bytes) -> EventData:
    try:
        data: EventData = kind.data.model_validate_json(plaintext)
    except ValidationError as error:
        # Its text quotes the values.
        if any(fault["type"] == "json_invalid" for fault in error.errors(include_input=False, include_context=False)):
            raise UndecodableError("sealed data is not JSON") from None
        raise WrongVersionError("sealed data of another shape") from None
    return data
