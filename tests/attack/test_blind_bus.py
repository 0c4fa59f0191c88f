"""The five cases on four processes, and somebody who owns the broker: what could be read there (SAFETY N5 to N7)."""

from __future__ import annotations

import asyncio
import json
import re
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiormq
import httpx
import pytest

from unavez_directory.operations import demo_bundle
from unavez_intake.api import paper, paper_labels
from unavez_referral_router.domain.referrals import purposes
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.events import CATALOGUE, EventType
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.broker_definitions import user_name
from unavez_shared.protocol import load_pack
from unavez_shared.protocol.loader import PACKS
from unavez_shared.protocol.places import departments
from unavez_tests.receiver import WebhookReceiver
from unavez_tests.world import World, frontline_body

VIGNETTES = json.loads((Path(__file__).parents[1] / "data" / "vignettes.json").read_text(encoding="utf-8"))["vignettes"]
ATTRIBUTES = {
    "specversion", "id", "source", "type", "subject", "time", "sequence", "dataschema", "datacontenttype", "data",
}  # fmt: skip
PROPERTIES = {"content_type", "delivery_mode", "message_id"}
MANAGEMENT = (
    "overview", "nodes", "vhosts", "users", "permissions", "topic-permissions", "exchanges", "queues", "bindings",
    "connections", "channels", "consumers", "policies", "parameters", "definitions",
)  # fmt: skip
TOKEN = re.compile(r"[^\W_](?:[\w-]{6,}[^\W_])")
"""Eight characters and more."""
SHORTEST = 8
UUIDS = re.compile(r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
DISTRICT = re.compile(rb"\d{6}(?<![\w-]\d{6})(?<!:\d\d\.\d{6})(?<!<0\.\d{6})(?![\w-])")
"""Six digits that stand alone. Not a fraction of a second (`:59.170101`), not a process of Erlang (`<0.170101.0>`)."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Heard:
    """One message in the spy's queue."""

    routing_key: str
    properties: Mapping[str, Any]
    body: bytes


@dataclass
class Case:
    """One of the five cases, and the texts each agency received in it."""

    name: str
    ids: dict[str, Any]
    plan: dict[str, Any]
    body: dict[str, Any]
    offered: dict[str, list[str]] = field(default_factory=dict)
    accepted: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Evening:
    """Everything that happened, and everything the spy heard."""

    cases: list[Case]
    heard: list[Heard]
    receipts: list[Heard]


@pytest.fixture(scope="module")
def evening(spied: Any) -> Evening:
    with WebhookReceiver() as receiver:
        cases = [_play(spied.world, receiver, vignette) for vignette in VIGNETTES]
        heard = asyncio.run(_take(spied.amqp_url))
        assert receiver.refused == []
    receipts = [message for message in heard if message.routing_key.startswith("receipt.")]
    return Evening(cases, [message for message in heard if not message.routing_key.startswith("receipt.")], receipts)


def test_the_spy_heard_every_kind_of_event_the_five_cases_make(evening: Evening) -> None:
    keys = {message.routing_key for message in evening.heard}
    # An event goes by its name, or by its name and the name of the service that hears it.
    assert keys <= {key for event in CATALOGUE.values() for key in (event.name, *_heard_as(event))}
    heard = {event.name for event in CATALOGUE.values() if keys & {event.name, *_heard_as(event)}}
    assert heard >= {
        "case.registered.v1", "service.published.v1", "plan.made.v1", "referral.offered.v1", "referral.accepted.v1",
    }  # fmt: skip


def test_a_receipt_is_ids_of_events_and_nothing_else(evening: Evening) -> None:
    assert evening.receipts
    known = {json.loads(message.body)["id"] for message in evening.heard}
    services = {service.value for service in Service}
    for receipt in evening.receipts:
        assert set(receipt.body.decode("ascii").split("\n")) <= known
        assert set(receipt.routing_key.split(".")[1:]) <= services
        assert {name for name, value in receipt.properties.items() if value is not None} <= PROPERTIES


def test_a_message_in_clear_is_opaque_ids_and_nothing_else(evening: Evening) -> None:
    for message in evening.heard:
        envelope = json.loads(message.body)
        assert set(envelope) - {"traceparent"} == ATTRIBUTES
        assert {name for name, value in message.properties.items() if value is not None} == PROPERTIES
        assert message.properties["message_id"] == envelope["id"]
        UUID(envelope["id"])
        UUID(envelope["subject"])
        assert envelope["sequence"].isdecimal()
        datetime.fromisoformat(envelope["time"])
        event = CATALOGUE[envelope["type"]]
        assert message.routing_key in {event.name, *_heard_as(event)}
        header, key, *sealed = envelope["data"].split(".")
        assert key == ""
        assert len(sealed) == 3
        assert set(json.loads(urlsafe_b64decode(header + "=="))) == {"alg", "enc", "kid", "ctx"}


def test_no_message_has_a_service_code_an_organization_or_a_district(evening: Evening) -> None:
    secrets = [secret.encode() for secret in (*_codes(), *_organizations())]
    services = _services()
    for message in evening.heard:
        everything = message.body + message.routing_key.encode() + repr(message.properties).encode()
        assert [secret for secret in secrets if secret in everything] == []
        if json.loads(message.body)["source"] != "/directory":
            # The directory speaks about its services under their public ids; about a case nobody may name one.
            assert [service for service in services if service in everything] == []
        clear = {name: value for name, value in json.loads(message.body).items() if name not in {"data", "time"}}
        assert _districts_in(f"{json.dumps(clear)} {message.routing_key}".encode()) == set()


def test_nothing_of_hers_and_no_other_id_of_the_case_is_on_the_bus(evening: Evening) -> None:
    for case in evening.cases:
        words = [case.body["identity"]["name"], case.body["account"], case.ids["case_code"], case.ids["intake_id"]]
        for message in evening.heard:
            assert [word for word in words if word.encode() in message.body] == []


def test_what_the_broker_tells_its_operator_names_nobody(evening: Evening, spied: Any) -> None:
    assert evening.heard
    secrets = (*_codes(), *_organizations())
    with httpx.Client(timeout=20) as client:
        for what in MANAGEMENT:
            answer = client.get(f"{spied.broker.management_url}/{what}")
            assert answer.is_success, what
            assert [secret for secret in secrets if secret in answer.text] == [], what
            assert _districts_in(" ".join(_strings(answer.json())).encode()) == set(), what
        queues = client.get(f"{spied.broker.management_url}/queues").json()
        connections = client.get(f"{spied.broker.management_url}/connections").json()
        users = client.get(f"{spied.broker.management_url}/users").json()
    ours = {f"unavez.{name}{part}" for name in ("intake", "referral-router", "notifier") for part in ("", ".parking")}
    ours |= {f"unavez.{service.value}.receipts" for service in Service}
    assert {queue["name"] for queue in queues} == ours | {"spy"}
    services = {user_name(service) for service in Service}
    assert {user["name"] for user in users} == services | {"guest"}
    assert {connection["user"] for connection in connections} - {"guest"} == services
    assert services <= set(_strings(connections)), "texts are overlooked"


def test_the_brokers_disk_holds_no_service_code_no_organization_and_no_district(evening: Evening, spied: Any) -> None:
    files = {path: path.read_bytes() for path in spied.broker.directory.rglob("*") if path.is_file()}
    known = json.loads(evening.heard[-1].body)["id"].encode()
    assert any(known in content for content in files.values()), "the search looks at the wrong place"
    secrets = [secret.encode() for secret in (*_codes(), *_organizations())]
    secrets += [
        form for organization in map(UUID, _organizations()) for form in (organization.bytes, organization.hex.encode())
    ]
    found = {(path.name, secret) for path, content in files.items() for secret in secrets if secret in content}
    assert found == set()
    # The node writes down the number of its own process; no other number of six digits is of the moment.
    by_chance = {str(spied.broker.pid)}
    assert {path.name: codes for path, content in files.items() if (codes := _districts_in(content) - by_chance)} == {}


@pytest.mark.parametrize(
    "written", ["CODE", '"CODE"', "district=CODE,", "offered.CODE", "a/CODE", "\0CODE\xff", "['CODE']"]
)
def test_a_district_is_found_however_it_is_written(written: str) -> None:
    code = min(_districts())
    assert _districts_in(written.replace("CODE", code).encode("latin-1")) == {code}


@pytest.mark.parametrize(
    "written", ["1CODE", "CODE1", "aCODE", "CODE-4a", "12:59.CODEZ", "<0.CODE.0>", "1f-CODE", "_CODE"]
)
def test_digits_of_something_else_are_no_district(written: str) -> None:
    assert _districts_in(written.replace("CODE", min(_districts())).encode()) == set()


def test_two_agencies_of_one_case_cannot_find_out_that_they_help_the_same_person(evening: Evening, spied: Any) -> None:
    """At the offer, nothing that both received is peculiar to the case. What she consented to share later is hers."""
    vocabulary = _vocabulary(spied.world)
    compared = 0
    for case in evening.cases:
        hers = _tokens([json.dumps(case.body, ensure_ascii=False)])
        for one, other in combinations(sorted(case.offered), 2):
            shared = _tokens(case.offered[one]) & _tokens(case.offered[other])
            assert shared - vocabulary == set(), (case.name, one, other)
            later = _tokens(case.accepted.get(one, [])) & _tokens(case.accepted.get(other, []))
            assert later - vocabulary - hers == set(), (case.name, one, other)
            compared += 1
        for text in [text for texts in (*case.offered.values(), *case.accepted.values()) for text in texts]:
            linking = (case.ids["case_id"], case.ids["intake_id"], case.ids["case_code"], case.plan["plan_id"])
            assert not any(secret in text for secret in linking), case.name
            assert "traceparent" not in text
    assert compared > 10


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("0193b6a2-0000-7000-8000-000000000001", "0193b6a2-1111-7111-8111-111111111111", {"0193b6a2"}),
        ("CASECODE-1", "CASECODE-2", {"casecode"}),
        ("case_code_is_K7M39QXD", "of K7M39QXD", {"k7m39qxd"}),
        ("0193b6a2", "0193b6a3", set()),
    ],
)
def test_ids_that_differ_and_begin_alike_are_told_apart_from_strangers(one: str, other: str, shared: set[str]) -> None:
    assert _tokens([one]) & _tokens([other]) == shared


def test_every_id_an_agency_receives_is_random_or_of_the_public_directory(evening: Evening) -> None:
    public = {*_organizations(), *(service.decode() for service in _services())}
    for case in evening.cases:
        events, ids = 0, set()
        for text in [text for texts in (*case.offered.values(), *case.accepted.values()) for text in texts]:
            ids |= {found.lower() for found in UUIDS.findall(text)}
            if text.startswith("{") and "specversion" in (event := json.loads(text)):
                events += 1
                told = {event["id"], event["subject"], event["data"]["referral_id"]}
                assert {UUID(each).version for each in told} == {4}, event["type"]
        assert events
        assert {row["referral_id"] for row in case.plan["referrals"] if row["referral_status"] == "requested"} <= ids
        assert {each for each in ids - public if UUID(each).version != 4} == set(), case.name


def test_every_time_an_agency_receives_is_a_full_five_minutes(evening: Evening) -> None:
    for case in evening.cases:
        for text in [text for texts in (*case.offered.values(), *case.accepted.values()) for text in texts]:
            for moment in MOMENT.findall(text):
                if moment != case.body["captured_at"]:
                    at = datetime.fromisoformat(moment)
                    assert (at.minute % 5, at.second, at.microsecond) == (0, 0, 0), moment


def test_no_time_an_agency_receives_counts_from_the_interview(evening: Evening) -> None:
    """Deadlines counted from one moment of hers would be the same for all whose hours are, and pair them (N7)."""
    for case in evening.cases:
        captured_at = datetime.fromisoformat(case.body["captured_at"])
        hours = {timedelta(hours=row["due_hours"]) for row in case.plan["referrals"]}
        for text in [text for texts in case.offered.values() for text in texts]:
            for moment in map(datetime.fromisoformat, MOMENT.findall(text)):
                assert min(abs(moment - due - captured_at) for due in hours) > timedelta(hours=1), case.name


def _play(world: World, receiver: WebhookReceiver, vignette: Mapping[str, Any]) -> Case:
    frontline = world.headers(Role.FRONTLINE, uuid4(), f"worker-{vignette['id']}")
    body = frontline_body(vignette, str(uuid4()), "2026-01-02T03:04:00-05:00")
    wanted = {name: body[name] for name in ("facts", "duty_notice", "consent_all_proposed")}
    preview = world.post("/router/v1/plans/preview", frontline, wanted | {"places": vignette["places"]}).json()
    for row in preview["referrals"]:
        for candidate in row["candidates"][:1]:
            _subscribe(world, receiver, candidate["organization_id"])
    answer = world.post("/intake/v1/intakes", frontline, body)
    assert answer.status_code == 201, answer.text
    plan = world.get(f"/router/v1/cases/{answer.json()['case_id']}/plan?wait=20", frontline)
    assert plan.status_code == 200, plan.text
    case = Case(vignette["id"], answer.json(), plan.json(), body)
    for row in case.plan["referrals"]:
        if row["referral_status"] == "requested":
            _receive(world, receiver, case, row)
    return case


def _subscribe(world: World, receiver: WebhookReceiver, organization_id: str) -> None:
    if organization_id in receiver.secrets:
        return
    headers = world.headers(Role.AGENCY, organization_id)
    body = {"channel": "webhook", "endpoint": receiver.url(organization_id)}
    answer = world.post("/notifier/v1/subscriptions", headers, body)
    if answer.status_code == 201:  # an organization that runs a hidden house reads its feed instead
        receiver.secrets[organization_id] = answer.json()["secret"]


def _receive(world: World, receiver: WebhookReceiver, case: Case, row: Mapping[str, Any]) -> None:
    """Read the offer on every channel, accept it, read again."""
    referral_id, organization_id = row["referral_id"], row["candidates"][0]["organization_id"]
    agency = world.headers(Role.AGENCY, organization_id)
    offered, accepted = case.offered.setdefault(organization_id, []), case.accepted.setdefault(organization_id, [])
    if organization_id in receiver.secrets:
        receiver.wait_for(organization_id, referral_id, "pe.unavez.referral.offered.v1", seconds=20)
        offered += [raw.decode() for raw in receiver.bodies[organization_id] if referral_id.encode() in raw]
    offered += _read_in_feed(world, agency, referral_id, "pe.unavez.referral.offered.v1")
    packet = world.get(f"/intake/v1/packets/{referral_id}", agency)
    referral = world.get(f"/router/v1/referrals/{referral_id}", agency)
    assert (packet.status_code, referral.status_code) == (200, 200)
    offered += [packet.text, referral.text]
    step = {"to": "accepted", "expected_version": referral.json()["version"]}
    assert world.post(f"/router/v1/referrals/{referral_id}/transitions", agency, step).status_code == 200
    deadline = time.monotonic() + 20
    while (packet := world.get(f"/intake/v1/packets/{referral_id}", agency)).json()["stage"] != "accepted":
        assert time.monotonic() < deadline, "the packet never reached the accepted stage"
        time.sleep(0.05)
    accepted.append(packet.text)
    accepted += [world.get(f"/intake/v1/packets/{referral_id}?part=reserved&format=html", agency).text]


def _read_in_feed(world: World, headers: Mapping[str, str], referral_id: str, wanted: str) -> list[str]:
    """Return what a feed says about a referral once it says what is wanted: all an agency without a webhook gets."""
    deadline = time.monotonic() + 20
    while True:
        page = world.get("/notifier/v1/events?limit=500&wait=1", headers)
        assert page.status_code == 200, page.text
        about = [event for event in page.json()["events"] if referral_id in json.dumps(event)]
        if any(event["type"] == wanted for event in about):
            return [json.dumps(event, ensure_ascii=False) for event in about]
        assert time.monotonic() < deadline, "the offer is not in the feed"
        time.sleep(0.05)


def _heard_as(event: EventType[Any]) -> set[str]:
    return {f"{event.name}.{hearer.value}" for hearer in event.consumers}


async def _take(url: str) -> list[Heard]:
    """Read every message of the spy's queue and leave it there."""
    connection = await aiormq.connect(url)
    channel = await connection.channel()
    heard: asyncio.Queue[Heard] = asyncio.Queue()

    async def hear(got: Any) -> None:
        properties = {name: value for name, value in got.header.properties if value not in (None, "", {})}
        heard.put_nowait(Heard(str(got.delivery.routing_key), properties, bytes(got.body)))

    count = (await channel.queue_declare("spy", passive=True)).message_count or 0
    await channel.basic_consume("spy", hear)
    async with asyncio.timeout(60):
        messages = [await heard.get() for _ in range(count)]
    await connection.close()
    return messages


@cache
def _codes() -> list[str]:
    codes = sorted(load_pack("pe").services)
    assert all(len(code) >= 6 for code in codes), "a short code would be found by chance"
    return codes


@cache
def _organizations() -> list[str]:
    bundle = demo_bundle()
    return [str(entry["id"]) for name in ("organizations", "locations") for entry in bundle[name]]


@cache
def _services() -> list[bytes]:
    return [str(entry["id"]).encode() for entry in demo_bundle()["services"]]


@cache
def _districts() -> set[str]:
    served = {area for service in demo_bundle()["services"] for area in service["served_areas"]}
    places = {entry["ubigeo"] for entry in demo_bundle()["locations"]}
    hers = {code for vignette in VIGNETTES for code in re.findall(r"\d{6}", json.dumps(vignette["places"]))}
    return {code for code in served | places | hers if len(code) == 6}


def _districts_in(content: bytes) -> set[str]:
    return {digits.decode() for digits in DISTRICT.findall(content)} & _districts()


def _strings(told: Any) -> Iterator[str]:
    """Yield every text in an answer. Numbers are counters, and one process id is written as a text."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict):
        for name, value in told.items():
            yield name
            yield from _strings(value) if name != "os_pid" else ()
    elif isinstance(told, list):
        for value in told:
            yield from _strings(value)


POSITION = re.compile(r'"sequence":\s*"\d+"')
"""In the reader's own feed: every feed counts from 1."""


def _tokens(texts: list[str]) -> set[str]:
    """Return every token, and its parts that are tokens themselves: two ids that differ may begin alike."""
    tokens = {token.casefold() for text in texts for token in TOKEN.findall(POSITION.sub(" ", MOMENT.sub(" ", text)))}
    return tokens | {part for token in tokens for part in re.split("[-_]", token) if len(part) >= SHORTEST}


def _vocabulary(world: World) -> set[str]:
    """Return every word that stands in a document anybody may read: the same for each case."""
    worker = world.headers(Role.FRONTLINE, uuid4())
    texts = [world.get(f"{path}/openapi.json").text for path in world.bases]
    texts += [world.get(path, worker).text for path in ("/intake/v1/vocabularies", "/router/v1/protocol")]
    texts += [world.get(f"/directory/services?page={page}&per_page=1000").text for page in (1, 2)]
    texts += [*departments().values(), *(event.type for event in CATALOGUE.values())]
    texts += [Path(str(module.__file__)).read_text(encoding="utf-8") for module in (paper, paper_labels, purposes)]
    texts += [path.read_text(encoding="utf-8") for path in (PACKS / "pe").iterdir()]
    return _tokens(texts)
