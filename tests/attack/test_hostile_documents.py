"""Whatever stands in an event's envelope, its sealed data or a protocol pack: one of our refusals, never a crash."""

from __future__ import annotations

import json
import shutil
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from unavez_shared.clock import SystemClock
from unavez_shared.contracts.event_data import DeliveryExhausted
from unavez_shared.contracts.events import DELIVERY_EXHAUSTED, families_of
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.codec import EventCodec
from unavez_shared.messaging.errors import MessageError
from unavez_shared.messaging.event import Event
from unavez_shared.privacy.ids import random_id, uuid7
from unavez_shared.privacy.sealing import SealingKeyring, create_key_material
from unavez_shared.privacy.signing import SigningKeys
from unavez_shared.protocol import PackError, load_pack_from
from unavez_shared.protocol.loader import PACKS

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@dataclass(frozen=True)
class Mode:
    """How much is tried."""

    envelope: settings
    """Of each test of the envelope."""
    pack: settings
    """Of each file of the pack."""


REPRODUCIBLE = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
SEARCHING = settings(
    REPRODUCIBLE, derandomize=False, print_blob=True, phases=[Phase.explicit, Phase.generate, Phase.shrink]
)
"""Other examples at each run; what was found is printed so that it can be run again."""
SHORT = Mode(settings(REPRODUCIBLE, max_examples=150), settings(REPRODUCIBLE, max_examples=10))
LONG = Mode(settings(SEARCHING, max_examples=5_000), settings(SEARCHING, max_examples=500))


@pytest.fixture(
    params=[SHORT, pytest.param(LONG, marks=[pytest.mark.long, pytest.mark.timeout(1800)])], ids=["short", "long"]
)
def mode(request: pytest.FixtureRequest) -> Mode:
    return cast("Mode", request.param)


# --- the envelope ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    create_key_material(folder, day=datetime.now(UTC).date())
    return folder


def codec(keys: Path, service: Service) -> EventCodec:
    keyring = SealingKeyring.load(keys, families_of(service), SystemClock())
    return EventCodec(service, keyring, SigningKeys.load(keys, service))


def exhausted() -> Event[Any]:
    data = DeliveryExhausted(organization_id=random_id(), referral_id=random_id(), reason="unread")
    return Event(uuid7(), DELIVERY_EXHAUSTED, str(random_id()), datetime.now(UTC), 7, data)


@pytest.fixture(scope="module")
def genuine(keys: Path) -> tuple[EventCodec, Event[Any], bytes]:
    event = exhausted()
    return codec(keys, Service.REFERRAL_ROUTER), event, codec(keys, Service.NOTIFIER).encode(event).body


def test_bytes_that_are_no_event_are_refused(genuine: tuple[EventCodec, Event[Any], bytes], mode: Mode) -> None:
    @mode.envelope
    @given(body=st.binary(max_size=200) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
    def try_one(body: bytes) -> None:
        with pytest.raises(MessageError):
            genuine[0].decode(body)

    try_one()


def test_an_envelope_with_one_other_attribute_is_refused_or_means_the_same(
    genuine: tuple[EventCodec, Event[Any], bytes], mode: Mode
) -> None:
    reader, event, body = genuine

    @mode.envelope
    @given(data=st.data())
    def try_one(data: st.DataObject) -> None:
        envelope = json.loads(body)
        name = data.draw(st.sampled_from([*envelope, "traceparent", "an_extension"]))
        if data.draw(st.booleans()):
            envelope[name] = data.draw(ANY_JSON | st.text(max_size=300) | st.sampled_from(list(envelope.values())))
        else:
            envelope.pop(name, None)
        try:
            opened = reader.decode(json.dumps(envelope).encode())
        except MessageError:
            return
        assert opened == event

    try_one()


HEADERS = (
    st.fixed_dictionaries(
        {},
        optional={
            "alg": ANY_JSON | st.just("dir"),
            "enc": ANY_JSON | st.just("A256GCM"),
            "kid": ANY_JSON | st.sampled_from(["delivery.2020-01-01", "delivery.0000-00-00", "delivery", ".", "case."]),
            "ctx": ANY_JSON,
            "zip": st.just("DEF"),
            "crit": ANY_JSON,
        },
    )
    | ANY_JSON
)


def test_a_sealed_box_with_another_header_is_refused(genuine: tuple[EventCodec, Event[Any], bytes], mode: Mode) -> None:
    reader, _, body = genuine

    @mode.envelope
    @given(header=HEADERS)
    def try_one(header: Any) -> None:
        envelope = json.loads(body)
        _, *rest = envelope["data"].split(".")
        protected = urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
        envelope["data"] = ".".join([protected, *rest])
        with pytest.raises(MessageError):
            reader.decode(json.dumps(envelope).encode())

    try_one()


# --- the protocol pack -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(PACKS / "pe", tmp_path_factory.mktemp("pack") / "pe"))


@cache
def content(file: str) -> Any:
    return yaml.safe_load((PACKS / "pe" / file).read_text(encoding="utf-8"))


FILES = sorted(path.name for path in (PACKS / "pe").glob("*.yaml"))
IN_YAML = ANY_JSON | st.dates() | st.sampled_from(["PRO-UPE", "consent", [], {}, [[]], {"f": "age"}, date(2026, 1, 1)])


def spoiled(value: Any, data: st.DataObject) -> Any:
    """Return the document with one part, somewhere, replaced, removed or doubled."""
    if not isinstance(value, dict | list) or not value or data.draw(st.integers(0, 4)) == 0:
        return data.draw(IN_YAML)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = data.draw(st.sampled_from(keys))
    changed = dict(value) if isinstance(value, dict) else list(value)
    if data.draw(st.integers(0, 9)) == 0:
        del changed[key]
    else:
        changed[key] = spoiled(value[key], data)
    return changed


@pytest.mark.parametrize("file", FILES)
def test_a_spoiled_pack_is_refused_or_a_pack(pack: Path, file: str, mode: Mode) -> None:
    kept = (PACKS / "pe" / file).read_bytes()

    @mode.pack
    @given(data=st.data())
    def try_one(data: st.DataObject) -> None:
        text = yaml.safe_dump(spoiled(content(file), data), allow_unicode=True, sort_keys=False)
        (pack / file).write_text(text, encoding="utf-8")
        try:
            load_pack_from(pack)
        except PackError:
            return

    try:
        try_one()
    finally:
        (pack / file).write_bytes(kept)


NO_YAML = {
    "control characters": b"a: \x00\x01\x07",
    "not UTF-8": b"a: \xff\xfe\xfa",
    "UTF-16": "a: b".encode("utf-16"),
    "a tag that runs a program": b"a: !!python/object/apply:os.system ['true']",
    "an unknown tag": b"a: !frobnicate b",
    "a key that is a list": b"? [a, b]\n: c",
    "a key that is a mapping": b"? {a: b}\n: c",
    "a date that is none": b"a: 2026-13-45",
    "a number of many digits": b"a: " + b"9" * 100_000,
    "a sexagesimal without end": b"a: 1" + b":59" * 10_000,
    "aliases of aliases": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (n + 1, n + 1, b",".join([b"*%c" % n] * 9)) for n in range(97, 106)),
    "an alias of itself": b"a: &a [*a]",
    "a merge of itself": b"a: &a\n  <<: *a",
    "two documents": b"a: b\n---\nc: d",
    "lists without end": b"[" * 5_000,
    "nothing": b"",
    "a text": b"Unavez",
    "binary that is none": b"a: !!binary ===",
}
"""Files that are no protocol, whatever a YAML reader makes of them."""


@pytest.mark.parametrize("name", NO_YAML)
def test_a_file_that_is_no_protocol_is_refused(pack: Path, name: str) -> None:
    for file in ("pack.yaml", "rules.yaml"):
        kept = (PACKS / "pe" / file).read_bytes()
        (pack / file).write_bytes(NO_YAML[name])
        try:
            with pytest.raises(PackError):
                load_pack_from(pack)
        finally:
            (pack / file).write_bytes(kept)
