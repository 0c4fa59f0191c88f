from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc import jwe, jws
from joserfc.jwk import OctKey
from joserfc.registry import HeaderParameter

from unavez_shared.clock import Clock
from unavez_shared.contracts.events import (
    CATALOGUE,
    REFERRAL_ACCEPTED,
    REFERRAL_DECLINED,
    REFERRAL_MILESTONE,
    REFERRAL_OFFERED,
    REFERRAL_RESCOPED,
    REFERRAL_RESCOPED_V1,
    REFERRAL_SHOWN,
    families_of,
)
from unavez_shared.contracts.services import Service
from unavez_shared.messaging import codec as module
from unavez_shared.messaging.codec import EventCodec
from unavez_shared.messaging.envelope import Envelope, read_envelope
from unavez_shared.messaging.errors import (
    BadSignatureError,
    MessageError,
    SealingError,
    UndecodableError,
    WrongVersionError,
)
from unavez_shared.messaging.event import Event
from unavez_shared.privacy import jose
from unavez_shared.privacy.ids import random_id, uuid7
from unavez_shared.privacy.sealing import SealingKeyring
from unavez_shared.privacy.signing import ALGORITHM, SigningKeys
from unavez_shared.testing.messaging import without_signature

ROUTER, INTAKE, NOTIFIER, DIRECTORY = (
    Service.REFERRAL_ROUTER,
    Service.INTAKE,
    Service.NOTIFIER,
    Service.DIRECTORY,
)


CodecOf = Callable[[Service], EventCodec]


def changed(body: bytes, **attributes: Any) -> bytes:
    return orjson.dumps(orjson.loads(body) | attributes)


@pytest.mark.parametrize("hearer", [INTAKE, NOTIFIER])
def test_each_consumer_opens_what_the_producer_sealed(codec: CodecOf, offered: Event[Any], hearer: Service) -> None:
    message = codec(ROUTER).encode(offered)

    assert codec(hearer).decode(message.body) == offered
    assert (message.message_id, message.routing_key) == (str(offered.id), "referral.offered.v1")


def test_an_unsigned_event_keeps_its_trace(codec: CodecOf, exhausted: Event[Any]) -> None:
    assert codec(ROUTER).decode(codec(NOTIFIER).encode(exhausted).body) == exhausted


def test_the_bus_sees_ids_and_nothing_else(codec: CodecOf, offered: Event[Any]) -> None:
    attributes = orjson.loads(codec(ROUTER).encode(offered).body)

    sealed = attributes.pop("data")
    assert attributes == {
        "specversion": "1.0",
        "id": str(offered.id),
        "source": "/router",
        "type": "pe.unavez.referral.offered.v1",
        "subject": offered.subject,
        "time": "2026-11-20T20:04:05.123456Z",
        "sequence": "1",
        "dataschema": "urn:unavez:event:referral.offered.v1",
        "datacontenttype": "application/jose",
    }
    header = orjson.loads(urlsafe_b64decode(sealed.split(".")[0] + "=="))
    assert header.keys() == {"alg", "enc", "kid", "ctx"}
    assert header["kid"] == "referral.2026-11-20"


def test_a_change_of_any_byte_is_refused(codec: CodecOf, exhausted: Event[Any]) -> None:
    body = codec(NOTIFIER).encode(exhausted).body
    reader = codec(ROUTER)

    for position in range(len(body)):
        for flip in (0x01, 0x20):
            tampered = bytearray(body)
            tampered[position] ^= flip
            with pytest.raises(MessageError):
                reader.decode(bytes(tampered))


def test_data_moved_to_another_subject_does_not_open(codec: CodecOf, offered: Event[Any]) -> None:
    other = replace(offered, subject=str(random_id()))
    first, second = (codec(ROUTER).encode(each).body for each in (offered, other))

    for body, data in ((first, orjson.loads(second)["data"]), (second, orjson.loads(first)["data"])):
        with pytest.raises(BadSignatureError):
            codec(INTAKE).decode(changed(body, data=data))


@pytest.mark.parametrize(
    "attributes",
    [
        {"subject": "another"},
        {"sequence": "2"},
        {"id": "0193b6a2-0000-7000-8000-000000000000"},
        {"time": "2026-11-20T20:04:06Z"},
        {"type": "pe.unavez.referral.accepted.v1", "dataschema": "urn:unavez:event:referral.accepted.v1"},
        {"traceparent": "00-" + "12" * 16 + "-" + "34" * 8 + "-01"},
        {"source": "/notifier"},
    ],
)
def test_an_event_whose_attributes_were_changed_is_refused(
    codec: CodecOf, offered: Event[Any], attributes: dict[str, Any]
) -> None:
    with pytest.raises(BadSignatureError):
        codec(INTAKE).decode(changed(codec(ROUTER).encode(offered).body, **attributes))


def test_an_event_sealed_under_another_family_is_refused(
    keys: Path, clock: Clock, offered: Event[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    every = SealingKeyring.load(keys, {"referral", "plan"}, clock)
    forger = EventCodec(ROUTER, every, SigningKeys.load(keys, ROUTER))
    monkeypatch.setattr(every, "today", lambda _family, real=every.today: real("plan"))
    body = forger.encode(offered).body

    with pytest.raises(BadSignatureError):
        EventCodec(NOTIFIER, every, SigningKeys.load(keys, NOTIFIER)).decode(body)


def test_a_service_outside_the_family_can_neither_open_nor_speak(codec: CodecOf, offered: Event[Any]) -> None:
    with pytest.raises(BadSignatureError):
        codec(DIRECTORY).decode(codec(ROUTER).encode(offered).body)
    with pytest.raises(SealingError):
        codec(NOTIFIER).encode(offered)


def forged(monkeypatch: pytest.MonkeyPatch, keys: Path, clock: Clock, event: Event[Any], *, speaker: Service) -> bytes:
    """Seal as a service that holds the family's key but is not the producer."""
    forger = EventCodec(
        speaker, SealingKeyring.load(keys, families_of(speaker), clock), SigningKeys.load(keys, speaker)
    )
    monkeypatch.setattr(forger, "_service", ROUTER)
    return forger.encode(event).body


def test_an_offer_signed_by_a_hearer_is_refused(
    codec: CodecOf, keys: Path, clock: Clock, offered: Event[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = forged(monkeypatch, keys, clock, offered, speaker=NOTIFIER)

    with pytest.raises(BadSignatureError):
        codec(INTAKE).decode(body)


def test_an_offer_without_a_signature_is_refused(
    codec: CodecOf, offered: Event[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EventCodec, "_sign", lambda _self, _envelope, data: data)
    body = codec(ROUTER).encode(offered).body

    with pytest.raises(BadSignatureError):
        codec(INTAKE).decode(body)


@pytest.mark.parametrize("field", ["id", "subject", "sequence", "type"])
def test_a_signature_about_another_event_is_refused(
    codec: CodecOf, offered: Event[Any], monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    other = {"id": uuid7(), "subject": str(random_id()), "sequence": 9, "type": "pe.unavez.referral.accepted.v1"}
    sign = EventCodec._sign
    monkeypatch.setattr(
        EventCodec, "_sign", lambda self, envelope, data: sign(self, replace(envelope, **{field: other[field]}), data)
    )
    body = codec(ROUTER).encode(offered).body

    with pytest.raises(BadSignatureError, match="another event"):
        codec(INTAKE).decode(body)


def test_a_signature_with_the_sealing_key_is_no_signature(
    codec: CodecOf, keys: Path, clock: Clock, offered: Event[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, family_key = SealingKeyring.load(keys, {"referral"}, clock).today("referral")

    def sign(_self: EventCodec, envelope: Envelope, data: bytes) -> bytes:
        statement = module._statement(envelope, data)
        return b'"' + jws.serialize_compact({"alg": "HS256"}, statement, family_key).encode() + b'"'

    monkeypatch.setattr(EventCodec, "_sign", sign)
    with pytest.raises(BadSignatureError):
        codec(INTAKE).decode(codec(ROUTER).encode(offered).body)


@pytest.mark.parametrize("bucket", module.BUCKETS)
def test_plaintexts_are_padded_to_their_bucket(
    codec: CodecOf, keys: Path, clock: Clock, offered: Event[Any], bucket: int
) -> None:
    _, key = SealingKeyring.load(keys, {"referral"}, clock).today("referral")
    lengths = set()
    for categories in range(0, 3000, 50):
        grant = offered.data.grants[0].model_copy(update={"categories": [f"C{n:09}" for n in range(categories)]})
        data = offered.data.model_copy(update={"grants": [grant]})
        event = replace(offered, data=data, event_type=without_signature(REFERRAL_DECLINED))
        sealed = orjson.loads(codec(ROUTER).encode(event).body)["data"]
        lengths.add(len(jose.open_sealed(sealed, lambda _: key.raw_value)))
    assert bucket in lengths
    assert lengths <= set(module.BUCKETS)


def test_data_beyond_64_kib_is_refused_and_the_largest_that_fits_opens(codec: CodecOf, offered: Event[Any]) -> None:
    def sized(length: int) -> Event[Any]:
        data = offered.data.model_copy(update={"purpose": "x" * length})
        return replace(offered, event_type=without_signature(REFERRAL_DECLINED), data=data)

    largest = module.BUCKETS[-1] - len(sized(0).data.model_dump_json())
    assert codec(INTAKE).decode(codec(ROUTER).encode(sized(largest)).body).data == sized(largest).data
    with pytest.raises(SealingError):
        codec(ROUTER).encode(sized(largest + 1))


def test_the_largest_signed_event_opens(codec: CodecOf, offered: Event[Any]) -> None:
    event = replace(offered, data=offered.data.model_copy(update={"purpose": "x" * 46_000}))

    assert codec(INTAKE).decode(codec(ROUTER).encode(event).body) == event


def test_an_event_of_an_unknown_type_waits_for_a_newer_version(codec: CodecOf, offered: Event[Any]) -> None:
    body = changed(codec(ROUTER).encode(offered).body, type="pe.unavez.referral.offered.v2")

    with pytest.raises(WrongVersionError):
        codec(INTAKE).decode(body)


def test_data_of_another_shape_waits_for_a_newer_version_and_is_not_quoted(
    codec: CodecOf, exhausted: Event[Any]
) -> None:
    strange = exhausted.data.model_copy(update={"reason": "secreto-sintetico"})
    body = codec(NOTIFIER).encode(replace(exhausted, data=strange)).body

    with pytest.raises(WrongVersionError) as refused:
        codec(ROUTER).decode(body)
    assert "secreto" not in repr(refused.value) + str(refused.value.__cause__)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\x00", b"null", b"[]", b"{}", b'"x"', b"{" * 5000, b'{"specversion":"1.0"}', b"1e999", b'{"data":1}'],
)
def test_what_is_not_an_event_is_undecodable(codec: CodecOf, body: bytes) -> None:
    with pytest.raises(UndecodableError):
        codec(ROUTER).decode(body)


@pytest.mark.parametrize(
    "attributes",
    [
        {"id": "x"},
        {"sequence": "-1"},
        {"sequence": "one"},
        {"sequence": "9223372036854775808"},
        {"sequence": "01"},
        {"subject": "nul\x00"},
        {"subject": "x" * 257},
        {"time": "yesterday"},
        {"time": "2026-11-20T20:04:05"},
        {"specversion": "0.3"},
        {"datacontenttype": "application/json"},
        {"subject": None},
        {"data": {}},
    ],
)
def test_a_malformed_attribute_is_undecodable(
    codec: CodecOf, exhausted: Event[Any], attributes: dict[str, Any]
) -> None:
    with pytest.raises(UndecodableError):
        codec(ROUTER).decode(changed(codec(NOTIFIER).encode(exhausted).body, **attributes))


@pytest.mark.parametrize(
    "sealed", ["", "a.b.c.d.e", "....", "x", "eyJhbGciOiJub25lIn0....", "é.é.é.é.é", "x" * 200_000]
)
def test_data_that_is_no_sealed_box_is_refused(codec: CodecOf, exhausted: Event[Any], sealed: str) -> None:
    with pytest.raises(BadSignatureError):
        codec(ROUTER).decode(changed(codec(NOTIFIER).encode(exhausted).body, data=sealed))


@pytest.mark.parametrize(
    "header", [{"alg": "A256KW"}, {"enc": "A128CBC-HS256"}, {"zip": "DEF"}, {"ctx": None}, {"kid": None}]
)
def test_only_the_one_algorithm_opens(
    codec: CodecOf, keys: Path, clock: Clock, exhausted: Event[Any], header: dict[str, Any]
) -> None:
    body = codec(NOTIFIER).encode(exhausted).body
    key_id, key = SealingKeyring.load(keys, {"delivery"}, clock).today("delivery")
    binding = module._binding(read_envelope(body))
    protected = {"alg": "dir", "enc": "A256GCM", "kid": key_id, "ctx": binding} | header
    protected = {name: value for name, value in protected.items() if value is not None}
    registry = jwe.JWERegistry(
        header_registry={"ctx": HeaderParameter("", "str")},
        algorithms=["dir", "A256KW", "A256GCM", "A128CBC-HS256", "DEF"],
    )
    sealed = jwe.encrypt_compact(
        protected, exhausted.data.model_dump_json(), OctKey.import_key(key.raw_value), registry=registry
    )

    with pytest.raises(BadSignatureError):
        codec(ROUTER).decode(changed(body, data=sealed))


def test_a_key_of_a_dead_day_opens_nothing(codec: CodecOf, clock: Any, exhausted: Event[Any]) -> None:
    body = codec(NOTIFIER).encode(exhausted).body
    reader = codec(ROUTER)

    clock.pass_days(14)
    assert reader.decode(body) == exhausted
    clock.pass_days(1)
    with pytest.raises(BadSignatureError):
        reader.decode(body)


def test_the_envelope_of_a_message_is_readable_without_any_key(codec: CodecOf, offered: Event[Any]) -> None:
    envelope = read_envelope(codec(ROUTER).encode(offered).body)

    assert (envelope.id, envelope.subject, envelope.sequence) == (offered.id, offered.subject, 1)


def test_every_event_type_that_opens_or_destroys_is_signed() -> None:
    steps = {kind for kind in CATALOGUE.values() if kind.name.startswith("referral.")} - {REFERRAL_MILESTONE}
    assert len(steps) == 13
    assert all(kind.signed for kind in steps)
    assert {kind for kind in steps if not kind.once_unsigned} == {
        REFERRAL_OFFERED,
        REFERRAL_ACCEPTED,
        REFERRAL_RESCOPED,
        REFERRAL_RESCOPED_V1,
        REFERRAL_SHOWN,
    }
    assert ALGORITHM == "Ed25519"


def test_what_only_destroys_is_read_without_a_signature_and_says_so(codec: CodecOf, offered: Event[Any]) -> None:
    declined = replace(offered, event_type=REFERRAL_DECLINED)
    before = replace(offered, event_type=without_signature(REFERRAL_DECLINED))

    assert codec(INTAKE).decode(codec(ROUTER).encode(before).body) == replace(declined, unsigned=True)
    assert codec(INTAKE).decode(codec(ROUTER).encode(declined).body) == declined
    with pytest.raises(BadSignatureError):
        codec(INTAKE).decode(
            codec(ROUTER).encode(replace(offered, event_type=without_signature(REFERRAL_OFFERED))).body
        )


def test_what_only_destroys_is_refused_when_another_signed_it(
    codec: CodecOf, keys: Path, clock: Clock, offered: Event[Any]
) -> None:
    every = SealingKeyring.load(keys, {"referral"}, clock)
    forger = EventCodec(ROUTER, every, SigningKeys.load(keys, NOTIFIER))
    with pytest.raises(BadSignatureError):
        codec(INTAKE).decode(forger.encode(replace(offered, event_type=REFERRAL_DECLINED)).body)
