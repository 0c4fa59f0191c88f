"""The restore of `docs/runbooks/restore.md`, by its own commands: from five dumps and an empty RabbitMQ.

The row "backup while running, restore" of the table is another one: a physical copy and the log, which loses nothing.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from unavez_directory.operations import demo_bundle
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.services import Service
from unavez_shared.testing.rabbitmq import RabbitServer
from unavez_tests.chaos.load import VIGNETTES
from unavez_tests.chaos.servers import wait_until
from unavez_tests.containers import Installation, forget_broker
from unavez_tests.receiver import WebhookReceiver
from unavez_tests.runbook import Machine, commands
from unavez_tests.world import frontline_body

FILES, RUN_EMPTY, DUMP, NEW_SECRETS, EMPTY_BROKER, SET_ASIDE, BRING_BACK, ERASE_AGAIN, LOOK = commands("restore.md")
DUMP_KEYS = "docker compose exec -T postgres pg_dump -U postgres --format=custom unavez_keys"
SETTINGS = {"UNAVEZ_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"}
KEPT = "UNAVEZ_PUBLIC_URL=https://unavez.example\n"
"""What the operator wrote into the file `environment`."""
OFFERED = "pe.unavez.referral.offered.v1"
PATIENCE_SECONDS = 60

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


Case = tuple[dict[str, Any], dict[str, str]]


class People:
    """A team and the agencies it reaches, on one installation."""

    def __init__(self, installation: Installation, team: str) -> None:
        self.installation = installation
        self.team = team

    def post(self, body: dict[str, Any]) -> Any:
        return self._ask("POST", Service.INTAKE, "/v1/intakes", Role.FRONTLINE, self.team, body)

    def intake(self, posted: dict[str, Any]) -> Any:
        return self._ask("GET", Service.INTAKE, f"/v1/intakes/{posted['intake_id']}", Role.FRONTLINE, self.team)

    def plan(self, posted: dict[str, Any]) -> dict[str, Any]:
        path = f"/v1/cases/{posted['case_id']}/plan?wait=20"
        answer = self._ask("GET", Service.REFERRAL_ROUTER, path, Role.FRONTLINE, self.team)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def offers(self, posted: dict[str, Any]) -> dict[str, str]:
        """Return who was asked, by referral."""
        rows = self.plan(posted)["referrals"]
        offered = {
            row["referral_id"]: row["candidates"][0]["organization_id"]
            for row in rows
            if row["referral_status"] == "requested"
        }
        assert len(offered) > 3, rows
        return offered

    def register(self, body: dict[str, Any]) -> Case:
        """Post an intake, wait until its agencies heard of it; return the answer and who was asked."""
        answer = self.post(body)
        assert answer.status_code == 201, answer.text
        offers = self.offers(answer.json())
        self.wait_until_heard(offers)
        return answer.json(), offers

    def wait_until_heard(self, offers: dict[str, str]) -> None:
        for referral_id, agency in offers.items():
            wait_until(lambda r=referral_id, a=agency: r in self.heard(a), PATIENCE_SECONDS, "an agency never heard")
            wait_until(
                lambda r=referral_id, a=agency: self._is_offered(r, a), PATIENCE_SECONDS, "a packet never opened"
            )

    def heard(self, agency: str, after: int = 0) -> list[str]:
        return [event["subject"] for event in self.feed(agency, after)["events"] if event["type"] == OFFERED]

    def feed(self, agency: str, after: int = 0) -> dict[str, Any]:
        path = f"/v1/events?after={after}&limit=500"
        return dict(self._ask("GET", Service.NOTIFIER, path, Role.AGENCY, agency).json())

    def packet(self, referral_id: str, agency: str) -> Any:
        return self._ask("GET", Service.INTAKE, f"/v1/packets/{referral_id}", Role.AGENCY, agency)

    def step(self, referral_id: str, agency: str, to: str) -> None:
        path = f"/v1/referrals/{referral_id}"
        seen = self._ask("GET", Service.REFERRAL_ROUTER, path, Role.AGENCY, agency).json()
        body = {"to": to, "expected_version": seen["version"]}
        answer = self._ask("POST", Service.REFERRAL_ROUTER, f"{path}/transitions", Role.AGENCY, agency, body)
        assert answer.status_code == 200, answer.text

    def status(self, referral_id: str, agency: str) -> str:
        path = f"/v1/referrals/{referral_id}"
        return str(self._ask("GET", Service.REFERRAL_ROUTER, path, Role.AGENCY, agency).json()["status"])

    def wait_until_open(self, referral_id: str, agency: str) -> None:
        def is_open() -> bool:
            return bool(self.packet(referral_id, agency).json()["stage"] == "accepted")

        wait_until(is_open, PATIENCE_SECONDS, "the packet never opened")

    def subscribe(self, agency: str, receiver: WebhookReceiver) -> None:
        body = {"channel": "webhook", "endpoint": receiver.url(agency)}
        answer = self._ask("POST", Service.NOTIFIER, "/v1/subscriptions", Role.AGENCY, agency, body)
        assert answer.status_code == 201, answer.text
        receiver.secrets[agency] = answer.json()["secret"]

    def _is_offered(self, referral_id: str, agency: str) -> bool:
        return bool(self.packet(referral_id, agency).status_code == 200)

    def _ask(self, method: str, service: Service, path: str, role: Role, who: str, body: Any = None) -> Any:
        return self.installation.request(method, service, path, role, who, body)


@pytest.fixture
def machine(rabbitmq: RabbitServer, tmp_path: Path) -> Iterator[Callable[[str], Machine]]:
    """Return a maker of machines. Dumps and keys are carried from one to the other, the broker has one at a time."""
    places = {"/another/place": tmp_path / "another", "/offline": tmp_path / "offline"}
    for folder in places.values():
        folder.mkdir()
    made: list[Machine] = []

    def make(name: str) -> Machine:
        made.append(Machine(tmp_path / name, rabbitmq, places=places, settings=SETTINGS))
        return made[-1]

    yield make
    for each in made:
        each.close()
    forget_broker(rabbitmq)


@pytest.fixture
def old(machine: Callable[[str], Machine]) -> Machine:
    """Return a machine in use, with a directory its router knows."""
    old = machine("old")
    old.run("uv run deploy/containers/create-secrets.py")
    old.start_servers()
    old.run("docker compose run --rm database-roles")
    old.start_services()
    editor, team = Role.DIRECTORY_EDITOR, str(uuid4())
    imported = old.services.request("POST", Service.DIRECTORY, "/v1/imports", editor, team, demo_bundle())
    assert imported.is_success, imported.text
    published = old.sql("unavez_directory", "SELECT count(*) FROM services")

    def has_arrived() -> bool:
        return old.sql("unavez_router", "SELECT count(*) FROM services") == published

    wait_until(has_arrived, PATIENCE_SECONDS, "the directory did not arrive", poll=0.5)
    return old


@dataclass
class Cases:
    """What stood at the time of the backup. A case = what its worker was answered, and who was asked, by referral."""

    ended: Case
    running: Case
    erased: Case
    agencies: set[str]
    feeds: dict[str, dict[str, Any]] = field(default_factory=dict)
    read_back: dict[str, Any] = field(default_factory=dict)
    seals: dict[str, str] = field(default_factory=dict)

    @property
    def taken(self) -> tuple[str, str]:
        """The offer that was accepted."""
        return _first(self.running[1])

    @property
    def waiting(self) -> tuple[str, str]:
        """The offer that was not answered yet."""
        return list(self.running[1].items())[1]


def test_the_dumps_of_the_runbook_bring_back_what_they_held_and_the_rest_is_posted_again(
    old: Machine, machine: Callable[[str], Machine], tmp_path: Path
) -> None:
    _keep_offline(old.secrets, tmp_path / "offline")
    people = People(old.services, team := str(uuid4()))
    with WebhookReceiver() as receiver:
        cases = _live(people, receiver)
        _back_up(old, people, cases)

        old.start_services()
        body = _body(0)
        later, later_offers = people.register(body)
        _wait_for_webhook(receiver, later_offers)
        people.step(*cases.waiting, "accepted")
        _erase(old, cases.erased[0]["case_id"])
        _lose(old)

        new = machine("new")
        _carry_dumps(old, new)
        for step in (FILES, NEW_SECRETS, EMPTY_BROKER):
            new.run(step)
        assert (new.secrets / "environment").read_text(encoding="utf-8").endswith(KEPT)
        new.start_servers()
        for step in (BRING_BACK, ERASE_AGAIN):
            new.run(step)
        positions = _positions(new)
        new.start_services()
        people = People(new.services, team)

        _assert_sound(new.run(LOOK))
        _assert_no_seal_was_cut_off(new, cases.seals)
        assert {agency: people.feed(agency) for agency in cases.agencies} == cases.feeds
        assert {agency: positions[agency] for agency in cases.agencies} == {
            a: f["next"] for a, f in cases.feeds.items()
        }
        assert people.intake(cases.running[0]).json() == cases.read_back
        assert {people.status(*offer) for offer in cases.ended[1].items()} == {"completed"}
        assert people.packet(*cases.taken).json()["stage"] == "accepted"
        assert people.intake(cases.erased[0]).status_code == 404
        assert people.packet(*_first(cases.erased[1])).status_code == 410, "what was erased stays erased"
        assert people.intake(later).status_code == 404
        assert people.packet(*_first(later_offers)).status_code == 404

        assert people.status(*cases.waiting) == "requested", "what was answered after the backup is answered again"
        people.step(*cases.waiting, "accepted")
        people.wait_until_open(*cases.waiting)

        again, again_offers = people.register(body)
        repeated = people.post(body)
        assert (repeated.status_code, repeated.json()) == (200, again)
        assert again["case_id"] != later["case_id"]
        assert sorted(again_offers.values()) == sorted(later_offers.values())
        _assert_feeds_go_on(people, cases, again_offers)
        _wait_for_webhook(receiver, again_offers)
        assert receiver.refused == []


def test_what_was_under_way_when_the_dumps_were_taken_is_said_again_on_an_empty_broker(old: Machine) -> None:
    people = People(old.services, str(uuid4()))
    old.services.stop(Service.NOTIFIER)
    offered = people.post(_body(0)).json()
    offers = people.offers(offered)
    old.services.stop(Service.REFERRAL_ROUTER)
    unplanned = people.post(_body(1)).json()
    for service in (Service.INTAKE, Service.REFERRAL_ROUTER):
        wait_until(lambda s=service: _has_confirmed_rows(old, s), PATIENCE_SECONDS, "nothing was under way", poll=0.5)
    old.services.stop()
    old.run(DUMP)

    old.run(EMPTY_BROKER)
    old.renew_broker()
    for step in (SET_ASIDE, BRING_BACK):
        old.run(step)
    old.start_services()
    assert people.offers(offered) == offers
    for case_offers in (offers, people.offers(unplanned)):
        people.wait_until_heard(case_offers)
    for agency in offers.values():
        heard = people.heard(agency)
        assert len(heard) == len(set(heard))
    _assert_sound(old.run(LOOK))


def _live(people: People, receiver: WebhookReceiver) -> Cases:
    """Run one case to its end and another one half; a third will be erased. One agency has a webhook."""
    ended = people.register(_body(0))
    people.subscribe(_first(ended[1])[1], receiver)
    for offer in ended[1].items():
        people.step(*offer, "accepted")
        people.step(*offer, "completed")
    running, erased = people.register(_body(2)), people.register(_body(3))
    agencies = {agency for _, offers in (ended, running, erased) for agency in offers.values()}
    cases = Cases(ended, running, erased, agencies)
    people.step(*cases.taken, "accepted")
    people.wait_until_open(*cases.taken)
    return cases


def _back_up(old: Machine, people: People, cases: Cases) -> None:
    wait_until(lambda: not any(_numbers(old.run(RUN_EMPTY))), PATIENCE_SECONDS, "it never ran empty", poll=1)
    cases.feeds = {agency: people.feed(agency) for agency in cases.agencies}
    cases.read_back = people.intake(cases.running[0]).json()
    assert old.services.stop() == [0, 0, 0, 0]
    cases.seals = dict(line.split("|") for line in old.run(DUMP).splitlines())


def _lose(old: Machine) -> None:
    """Everything is gone but what the page keeps elsewhere, and a newer copy of the keys."""
    old.services.stop()
    old.run(f"{DUMP_KEYS} > /another/place/newest_keys.dump")
    old.server.stop()
    old.lose_broker()


def _erase(old: Machine, case_id: str) -> None:
    statement = "UPDATE case_keys SET wrapped = NULL, destroyed_at = now() WHERE case_id = "
    old.sql("unavez_keys", f"{statement}'{case_id}'")


def _first(offers: dict[str, str]) -> tuple[str, str]:
    return next(iter(offers.items()))


def _body(vignette: int) -> dict[str, Any]:
    captured_at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    return frontline_body(VIGNETTES[vignette], str(uuid4()), captured_at)


def _keep_offline(secrets: Path, place: Path) -> None:
    """Copy what `what | how` of the page says: the key-encryption and audit keys of each service, the settings."""
    with (secrets / "environment").open("a", encoding="utf-8") as file:
        file.write(KEPT)
    shutil.copy(secrets / "environment", place)
    for service in Service:
        (place / service.value).mkdir()
        for name in ("kek.json", "audit.key"):
            if (secrets / service.value / name).exists():
                shutil.copy(secrets / service.value / name, place / service.value)


def _carry_dumps(old: Machine, new: Machine) -> None:
    for service in Service:
        shutil.copy(old.folder / f"{service.database}.dump", new.folder)


def _positions(new: Machine) -> dict[str, int]:
    """Return what the page tells agencies that read further."""
    rows = new.sql("unavez_notifier", "SELECT organization_id, audience, last_position FROM feeds").splitlines()
    return {agency: int(last) for agency, audience, last in (row.split("|") for row in rows) if audience == "agency"}


def _has_confirmed_rows(old: Machine, service: Service) -> bool:
    """Tell whether something was published that its hearer has not settled."""
    return old.sql(service.database, "SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL") != "0"


def _wait_for_webhook(receiver: WebhookReceiver, offers: dict[str, str]) -> None:
    (agency,) = receiver.secrets
    referral_id = next(referral_id for referral_id, asked in offers.items() if asked == agency)
    receiver.wait_for(agency, referral_id, OFFERED, seconds=PATIENCE_SECONDS)


def _assert_feeds_go_on(people: People, cases: Cases, offers: dict[str, str]) -> None:
    """After what stood in the dump comes the next position, and each new offer once."""
    for agency in cases.agencies | set(offers.values()):
        last = cases.feeds[agency]["next"] if agency in cases.feeds else 0
        positions = people.feed(agency, after=last)["positions"]
        assert positions == list(range(last + 1, last + 1 + len(positions)))
        expected = sorted(referral_id for referral_id, asked in offers.items() if asked == agency)
        assert sorted(people.heard(agency, after=last)) == expected


def _assert_no_seal_was_cut_off(new: Machine, noted: dict[str, str]) -> None:
    for service in Service:
        assert int(new.sql(service.database, "SELECT max(number) FROM audit_seals")) >= int(noted[service.database])


def _numbers(said: str) -> list[int]:
    """Return the counts of outboxes (psql) and queues (rabbitmqctl)."""
    found = [int(number) for number in re.findall(r"[|\t](\d+)$", said, re.MULTILINE)]
    assert len(found) > len(Service), said
    return found


def _assert_sound(said: str) -> None:
    """Every audit without a finding, every doctor without anything but what it cannot see from a container."""
    assert said.count("0 hallazgos / findings\n") == len(Service), said
    documents = [json.loads(found) for found in re.findall(r"^\{.*?^\}$", said, re.MULTILINE | re.DOTALL)]
    assert len(documents) == len(Service)
    unclear = {
        each["code"]: each["status"] for found in documents for each in found["checks"] if each["status"] != "ok"
    }
    assert set(unclear.values()) == {"skipped"}, unclear
