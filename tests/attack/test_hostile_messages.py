"""Malformed and forged messages in the queue of each hearer: nothing ends, each goes where it belongs, good ones go on.

A new kind is an entry in `KINDS`: how to make one (a different one each time), and what must become of it. Whatever
properties a message has, an entry in `PROPERTIES`, its body alone decides.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aiormq
import asyncpg
import httpx
import orjson
import pytest
from joserfc import jwe
from joserfc.registry import HeaderParameter
from pamqp.commands import Basic
from sqlalchemy.engine import make_url

from unavez_local.composition import PACKAGES
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.events import REFERRAL_DECLINED, REFERRAL_OFFERED, consumed_by, families_of
from unavez_shared.contracts.services import Service
from unavez_shared.messaging import codec as codec_module
from unavez_shared.messaging.envelope import read_envelope
from unavez_shared.messaging.topology import parking_name, queue_name
from unavez_shared.privacy.ids import uuid7
from unavez_shared.privacy.sealing import SealingKeyring
from unavez_tests.events import codec_of, offer
from unavez_tests.strain import strained

Sent = tuple[bytes, Basic.Properties]

HEARERS = [service for service in Service if consumed_by(service)]
PARKING, BAD_SIGNATURE, WRONG_VERSION = "parking queue", "bad_signature", "wrong_version"
DIRECT = {"alg": "dir", "enc": "A256GCM", "ctx": ""}
MEBIBYTES = 120
"""Less than the largest box unpacks to."""
MARK = "R-ATTACK"


@cache
def _bomb(megabytes: int) -> bytes:
    """Pack so many megabytes of blanks, once: it is the hearers that must not spend anything on it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return b"".join([*(packer.compress(b" " * 1_000_000) for _ in range(megabytes)), packer.flush()])


class _AsPacked(jwe.JWERegistry):
    """Seals what says that it is packed as it is given: it was packed before."""

    def get_zip(self, _: str) -> Any:
        return SimpleNamespace(compress=lambda packed: packed)


class Attacker:
    """Owns the broker, and a service that hears referrals: it holds their family's key, but not the router's pen."""

    def __init__(self, keys: Any, seed: int = 7) -> None:
        self.dice = random.Random(seed)  # noqa: S311
        keyring = SealingKeyring.load(keys, families_of(Service.REFERRAL_ROUTER), SystemClock())
        self.router = codec_of(keys, Service.REFERRAL_ROUTER)
        self.forger = codec_of(keys, Service.REFERRAL_ROUTER, signer=Service.NOTIFIER)
        self.key_id, self.key = keyring.today("referral")

    def genuine(self, kind: Any = REFERRAL_OFFERED) -> dict[str, Any]:
        return dict(orjson.loads(self.router.encode(offer(kind)).body))

    def forged(self) -> bytes:
        return self.forger.encode(offer()).body

    def changed(self, name: str, value: Callable[[], Any]) -> bytes:
        return orjson.dumps(self.genuine() | {name: value()})

    def without(self) -> bytes:
        envelope = self.genuine()
        del envelope[self.dice.choice([name for name in envelope if name != "traceparent"])]
        return orjson.dumps(envelope)

    def sealed_anew(self, plaintext: bytes, kind: Any = REFERRAL_DECLINED, **header: Any) -> bytes:
        """Seal any plaintext under the family's key and the right envelope: what a hearer gone bad can do."""
        body = orjson.dumps(self.genuine(kind))
        registry = _AsPacked(header_registry={"ctx": HeaderParameter("", "str")}, algorithms=["dir", "A256GCM", "DEF"])
        protected = {"alg": "dir", "enc": "A256GCM", "kid": self.key_id}
        protected |= {"ctx": codec_module._binding(read_envelope(body))} | header
        sealed = jwe.encrypt_compact(protected, plaintext, self.key, registry=registry)
        return orjson.dumps(orjson.loads(body) | {"data": sealed})

    def with_header(self, header: Mapping[str, Any]) -> bytes:
        envelope = self.genuine()
        _, *rest = envelope["data"].split(".")
        protected = urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
        return orjson.dumps(envelope | {"data": ".".join([protected, *rest])})

    def flipped(self) -> bytes:
        envelope = self.genuine()
        start, _, box = envelope["data"].rpartition(".")
        return orjson.dumps(envelope | {"data": f"{start}.{box[::-1]}"})

    def noise(self, size: int) -> bytes:
        return self.dice.randbytes(size)


KINDS: dict[str, tuple[Callable[[Attacker], bytes], str]] = {
    "noise": (lambda a: a.noise(a.dice.randrange(1, 2_000)), PARKING),
    "noise of 100 KB": (lambda a: a.noise(100_000), PARKING),
    "half an event": (lambda a: (b := orjson.dumps(a.genuine()))[: a.dice.randrange(1, len(b))], PARKING),
    "another JSON": (lambda a: orjson.dumps(a.dice.choice([[], {}, 0, None, MARK, {"a": [1]}, [[[]]]])), PARKING),
    "nested": (lambda a: b"[" * a.dice.randrange(1_000, 50_000), PARKING),
    "an attribute is missing": (Attacker.without, PARKING),
    "an attribute is a number": (lambda a: a.changed(a.dice.choice(["id", "data", "time"]), lambda: 7), PARKING),
    "an id that is none": (lambda a: a.changed("id", lambda: a.noise(16).hex()[:30]), PARKING),
    "an id in capitals": (lambda a: a.changed("id", lambda: str(uuid7()).upper()), PARKING),
    "a sequence beyond every number": (lambda a: a.changed("sequence", lambda: "9" * 200), PARKING),
    "a sequence in other digits": (lambda a: a.changed("sequence", lambda: "\u0661"), PARKING),
    "a negative sequence": (lambda a: a.changed("sequence", lambda: "-1"), PARKING),
    "a subject with a line break": (lambda a: a.changed("subject", lambda: f"{MARK}\n{uuid4()}"), PARKING),
    "a subject of 10 KB": (lambda a: a.changed("subject", lambda: "a" * 10_000), PARKING),
    "a time without a zone": (lambda a: a.changed("time", lambda: "2026-01-01T00:00:00"), PARKING),
    "another version of CloudEvents": (lambda a: a.changed("specversion", lambda: "0.3"), PARKING),
    "data in clear": (lambda a: a.changed("datacontenttype", lambda: "application/json"), PARKING),
    "sealed noise": (lambda a: a.sealed_anew(a.noise(500)), PARKING),
    "sealed, nested": (lambda a: a.sealed_anew(b"[" * 50_000), PARKING),
    "another id": (lambda a: a.changed("id", lambda: str(uuid7())), BAD_SIGNATURE),
    "another subject": (lambda a: a.changed("subject", lambda: str(uuid4())), BAD_SIGNATURE),
    "another sequence": (lambda a: a.changed("sequence", lambda: "2"), BAD_SIGNATURE),
    "another source": (lambda a: a.changed("source", lambda: "/intake"), BAD_SIGNATURE),
    "another schema": (lambda a: a.changed("dataschema", lambda: "urn:unavez:event:plan.made.v1"), BAD_SIGNATURE),
    "another type": (lambda a: a.changed("type", lambda: "pe.unavez.referral.accepted.v1"), BAD_SIGNATURE),
    "a flipped box": (Attacker.flipped, BAD_SIGNATURE),
    "no box": (lambda a: a.changed("data", lambda: a.noise(30).hex()), BAD_SIGNATURE),
    "a box of dots": (lambda a: a.changed("data", lambda: "." * a.dice.randrange(1, 9_000)), BAD_SIGNATURE),
    "a box of 100 KB": (lambda a: a.changed("data", lambda: a.noise(50_000).hex()), BAD_SIGNATURE),
    "a key of another day": (lambda a: a.with_header({**DIRECT, "kid": "referral.2020-01-01"}), BAD_SIGNATURE),
    "a key of another family": (lambda a: a.with_header({**DIRECT, "kid": "case.2026-01-01"}), BAD_SIGNATURE),
    "algorithm none": (lambda a: a.with_header({"alg": "none", "kid": a.noise(8).hex()}), BAD_SIGNATURE),
    "a box that unpacks to 200 MB": (lambda a: a.sealed_anew(_bomb(200), zip="DEF"), BAD_SIGNATURE),
    "signed by a hearer": (Attacker.forged, BAD_SIGNATURE),
    "an offer nobody signed": (lambda a: a.sealed_anew(b'{"referral_id":"x"}', REFERRAL_OFFERED), BAD_SIGNATURE),
    "a type nobody knows": (lambda a: a.changed("type", lambda: f"pe.unavez.{MARK}.v9"), WRONG_VERSION),
    "sealed data of another shape": (lambda a: a.sealed_anew(b'{"referral_id":"x"}'), WRONG_VERSION),
}  # fmt: skip


def _nested(depth: int) -> dict[str, Any]:
    table: dict[str, Any] = {MARK: None}
    for _ in range(depth):
        table = {"deeper": [table]}
    return table


PROPERTIES: dict[str, Callable[[Attacker], dict[str, Any]]] = {
    "as ours": lambda _: {"delivery_mode": 2, "content_type": "application/cloudevents+json"},
    "not for the disk": lambda _: {"delivery_mode": 1},
    "no delivery mode": lambda _: {},
    "an id as long as can be": lambda _: {"message_id": MARK.ljust(255, "x")},
    "an id that was there before": lambda _: {"message_id": MARK},
    "an id of many lines": lambda _: {"message_id": f"{MARK}\n\n{uuid4()}\n"},
    "an id of strange letters": lambda _: {"message_id": f"ñ\u202e\u0661\x00{MARK}"},
    "another content": lambda a: {"content_type": a.dice.choice(["text/plain", "image/png", "", "ñ" * 127, MARK])},
    "said to be packed": lambda a: {"content_encoding": a.dice.choice(["gzip", "deflate", "utf-16", MARK])},
    "headers of every kind": lambda a: {
        "headers": {
            MARK: MARK, "": "", "none": None, "true": True, "number": -(2**63), "money": Decimal("-21474836.48"),
            "fraction": 1e30, "time": datetime(9999, 12, 31, tzinfo=UTC), "bytes": bytearray(a.noise(50)),
            "list": [1, "a", None, [[]], {}], "x" * 128: {},
        }
    },
    "headers in headers": lambda _: {"headers": _nested(100)},
    "a thousand headers": lambda _: {"headers": {f"{MARK}-{n}": n for n in range(1_000)}},
    "a header of 50 KB": lambda _: {"headers": {MARK: "x" * 50_000}},
    "a trace that is none": lambda _: {"headers": {"traceparent": [{}], "id": 7, "type": {}, "cloudEvents:id": None}},
    "everything else": lambda a: {
        "priority": 255, "correlation_id": "x" * 255, "reply_to": MARK, "message_type": MARK, "app_id": "ñ",
        "timestamp": datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=a.dice.randrange(2**32)),
    },
}  # fmt: skip
"""What the envelope of AMQP says. The client gives an id to what has none: that is sent by the management API."""


@dataclass(frozen=True)
class Ledgers:
    """What a service keeps of messages it did not apply."""

    parked: Counter[str]
    parking: int

    def __sub__(self, before: Ledgers) -> Counter[str]:
        return (self.parked - before.parked) + Counter({PARKING: self.parking - before.parking})


class Bench:
    """Where messages are put straight into the queues, as the owner of the broker can, and where they end up.

    Its connections stay: nobody answers heartbeats between two tests, so it has none.
    """

    def __init__(self, spied: Any) -> None:
        self.spied = spied
        self._runner = asyncio.Runner()
        self._databases: dict[Service, Any] = {}
        self._runner.run(self._connect(make_url(spied.database_url)))

    async def _connect(self, url: Any) -> None:
        self._broker = await aiormq.connect(f"{self.spied.amqp_url}?heartbeat=0")
        self._channel = await self._broker.channel(publisher_confirms=True)
        for hearer in HEARERS:
            self._databases[hearer] = await asyncpg.connect(
                host=url.query["host"], user=url.username, password=url.password, database=hearer.database
            )

    def ledgers(self, hearer: Service) -> Ledgers:
        return self._runner.run(self._look(hearer))

    def publish(self, hearer: Service, messages: list[Sent]) -> None:
        self._runner.run(self._publish(hearer, messages))

    def close(self) -> None:
        self._runner.run(self._close())
        self._runner.close()

    async def _look(self, hearer: Service) -> Ledgers:
        rows = await self._databases[hearer].fetch("SELECT reason, count(*) AS n FROM parked GROUP BY reason")
        declared = await self._channel.queue_declare(parking_name(hearer), passive=True)
        return Ledgers(Counter({row["reason"]: row["n"] for row in rows}), declared.message_count or 0)

    async def _publish(self, hearer: Service, messages: list[Sent]) -> None:
        for start in range(0, len(messages), 200):
            await asyncio.gather(
                *(
                    self._channel.basic_publish(body, routing_key=queue_name(hearer), properties=properties)
                    for body, properties in messages[start : start + 200]
                )
            )

    async def _close(self) -> None:
        await self._broker.close()
        for database in self._databases.values():
            await database.close()


@pytest.fixture(scope="module")
def bench(spied: Any) -> Iterator[Bench]:
    opened = Bench(spied)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "count", [500, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(600)])], ids=["500", "10000"]
)
@pytest.mark.parametrize("hearer", HEARERS)
def test_a_flood_of_bad_messages_ends_nothing_and_stops_nobody(
    bench: Bench, fresh_intake: Callable[[], Any], hearer: Service, count: int
) -> None:
    """`count` is divided among the hearers."""
    spied = bench.spied
    attacker = Attacker(spied.world.data.keys().sealing_dir, seed=count)
    # One of the largest.
    names = [name for name in KINDS if "MB" not in name]
    chosen = [name for name in KINDS if "MB" in name]
    chosen += [names[n % len(names)] for n in range(-(-count // len(HEARERS)) - len(chosen))]
    attacker.dice.shuffle(chosen)
    expected = Counter(KINDS[name][1] for name in chosen)
    pid = spied.world.processes[list(PACKAGES).index(hearer)].pid
    before = bench.ledgers(hearer)

    messages = [(KINDS[name][0](attacker), _properties(attacker)) for name in chosen]
    half = len(messages) // 2
    with strained(pid, spied.world.url(f"{hearer.path}/health/live")) as strain:
        bench.publish(hearer, messages[:half])
        _assert_an_offer_still_arrives(spied, fresh_intake())
        bench.publish(hearer, messages[half:])

        deadline = time.monotonic() + 60 + count / 50
        while (kept := bench.ledgers(hearer) - before) != expected:
            assert time.monotonic() < deadline, {"kept": kept, "expected": expected}
            time.sleep(0.2)
        _assert_an_offer_still_arrives(spied, fresh_intake())
    assert all(process.poll() is None for process in spied.world.processes)
    strain.assert_borne(mebibytes=MEBIBYTES)
    assert spied.world.get(f"{hearer.path}/health/ready").status_code == 200


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_bad_message_goes_where_it_belongs(bench: Bench, name: str) -> None:
    make, place = KINDS[name]
    attacker = Attacker(bench.spied.world.data.keys().sealing_dir, seed=len(name))
    _assert_kept(bench, lambda: [(make(attacker), Basic.Properties(delivery_mode=2))], Counter({place: 1}))


@pytest.mark.parametrize("name", PROPERTIES)
def test_no_property_of_a_message_changes_where_it_goes(bench: Bench, name: str) -> None:
    attacker = Attacker(bench.spied.world.data.keys().sealing_dir, seed=len(name))

    def make() -> list[Sent]:
        bodies = [attacker.forged(), attacker.noise(100)]
        return [(body, Basic.Properties(**PROPERTIES[name](attacker))) for body in bodies]

    _assert_kept(bench, make, Counter({BAD_SIGNATURE: 1, PARKING: 1}))


@pytest.mark.parametrize("hearer", HEARERS)
def test_a_message_without_any_property_goes_where_it_belongs(bench: Bench, hearer: Service) -> None:
    spied = bench.spied
    attacker = Attacker(spied.world.data.keys().sealing_dir)
    before = bench.ledgers(hearer)
    for body in (attacker.forged(), attacker.noise(100)):
        sent = httpx.post(
            f"{spied.broker.management_url}/exchanges{urlsplit(spied.amqp_url).path}/amq.default/publish",
            json={
                "properties": {},
                "routing_key": queue_name(hearer),
                "payload": b64encode(body).decode(),
                "payload_encoding": "base64",
            },
            timeout=30,
        )
        assert sent.json() == {"routed": True}
    _assert_comes_to(bench, hearer, before, Counter({BAD_SIGNATURE: 1, PARKING: 1}))


def test_what_stands_in_a_bad_message_is_in_no_log(spied: Any) -> None:
    for log in spied.folder.glob("*.log"):
        text = log.read_text(encoding="utf-8", errors="replace")
        assert "R-ATTACK" not in text
        assert "Traceback" not in text


def _assert_an_offer_still_arrives(spied: Any, body: dict[str, Any]) -> None:
    world = spied.world
    frontline = world.headers(Role.FRONTLINE, uuid4())
    answer = world.post("/intake/v1/intakes", frontline, body)
    assert answer.status_code == 201, answer.text
    plan = world.get(f"/router/v1/cases/{answer.json()['case_id']}/plan?wait=30", frontline)
    assert plan.status_code == 200, plan.text
    row = next(row for row in plan.json()["referrals"] if row["referral_status"] == "requested")
    agency = world.headers(Role.AGENCY, row["candidates"][0]["organization_id"])
    deadline = time.monotonic() + 60
    while world.get(f"/intake/v1/packets/{row['referral_id']}", agency).status_code != 200:
        assert time.monotonic() < deadline, "the offer never arrived behind the flood"
    while row["referral_id"] not in world.get("/notifier/v1/events?limit=500&wait=1", agency).text:
        assert time.monotonic() < deadline, "the agency was never told of the offer behind the flood"


def _properties(attacker: Attacker) -> Basic.Properties:
    return Basic.Properties(**PROPERTIES[attacker.dice.choice(list(PROPERTIES))](attacker))


def _assert_kept(bench: Bench, make: Callable[[], list[Sent]], expected: Counter[str]) -> None:
    """Send messages to everybody who hears; each must keep them like this."""
    before = {hearer: bench.ledgers(hearer) for hearer in HEARERS}
    for hearer in HEARERS:
        bench.publish(hearer, make())
    for hearer in HEARERS:
        _assert_comes_to(bench, hearer, before[hearer], expected)


def _assert_comes_to(bench: Bench, hearer: Service, before: Ledgers, expected: Counter[str]) -> None:
    deadline = time.monotonic() + 10
    while (kept := bench.ledgers(hearer) - before).total() < expected.total():
        assert time.monotonic() < deadline, (hearer, kept, "it is nowhere")
        time.sleep(0.05)
    assert kept == expected, hearer
