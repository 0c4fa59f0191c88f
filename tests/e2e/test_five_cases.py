"""The main job on the five synthetic cases of the protocol, over HTTP, as frontline app and agencies would do it."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from unavez_shared.contracts.actor import Role
from unavez_tests.receiver import WebhookReceiver
from unavez_tests.world import World, frontline_body

VIGNETTES = json.loads((Path(__file__).parents[1] / "data" / "vignettes.json").read_text(encoding="utf-8"))["vignettes"]

MARKERS = {
    "ID": ["Nombrefalso", "99990001"],
    "SAFE_CONTACT": ["contactofalso"],
    "ACCOUNT_SUMMARY": ["RESUMENLEIDO"],
    "CRIME": ["DETALLECRIMEN"],
    "HEALTH": ["DETALLESALUD"],
    "PSY": ["DETALLEPSICO"],
    "FAMILY": ["DETALLEFAMILIA"],
    "MIGRATION": ["DETALLEMIGRA"],
    "REINTEGRATION": ["DETALLEREINSERCION"],
    "LOC_EXACT": ["direccionfalsa"],
    "READINESS": ["DETALLEDISPOSICION"],
}
"""What in a packet betrays a category: the synthetic text only that category carries."""


@pytest.mark.parametrize("vignette", VIGNETTES, ids=lambda vignette: vignette["id"])
def test_one_intake_reaches_exactly_the_services_the_protocol_names(
    world: World, receiver: WebhookReceiver, vignette: dict[str, Any]
) -> None:
    case = Case(world, receiver, vignette)
    case.subscribe_every_candidate()
    plan = case.post_intake_and_wait_for_the_plan()

    case.assert_plan_is_exactly_as_expected(plan)
    held = [row for row in plan["referrals"] if row["withheld_for"]]
    for row in plan["referrals"]:
        if row["referral_status"] == "requested":
            case.assert_offer_reached_its_agency(row)
    for row in held:
        case.assert_row_is_not_offered(row)
    for row in plan["referrals"]:
        if row["referral_status"] == "requested":
            case.accept_and_read(row)
    case.assert_no_agency_can_link_or_read_what_it_must_not()
    accepted = {row["referral_id"] for row in plan["referrals"] if row["referral_status"] == "requested"}
    case.assert_her_team_hears(plan, {"referral.accepted": accepted})
    assert receiver.refused == []


def test_a_declined_offer_ends_on_paper_and_her_team_hears_every_step(world: World, receiver: WebhookReceiver) -> None:
    case = Case(world, receiver, next(vignette for vignette in VIGNETTES if vignette["id"] == "V04"))
    plan = case.post_intake_and_wait_for_the_plan()
    row = next(row for row in plan["referrals"] if row["service_type"] == "PRO-SAR")
    case.answer(row["referral_id"], "rejected", case.agency(row["candidates"][0]["organization_id"]))

    task = next(task for task in case.tasks() if task["code"] == "HAND_OVER_PAPER")
    paper = task["referral_id"]
    page = case.sheet(task)
    assert "<title>Documento</title>" in page
    assert not any(marker in page for markers in MARKERS.values() for marker in markers), "an offer names nobody"
    behalf = {"channel": "paper", "who": "mesa de partes inventada"}
    case.answer(paper, "accepted", case.frontline, on_behalf_of=behalf)

    told = case.assert_her_team_hears(plan, {"referral.declined": {row["referral_id"]}, "referral.accepted": {paper}})
    assert told["task.opened"]
    assert told["need.unmet"]


def test_another_organization_gets_one_404_for_what_exists_and_what_does_not(
    world: World, receiver: WebhookReceiver
) -> None:
    case = Case(world, receiver, VIGNETTES[-1])
    case.assert_strangers_get_one_404(case.post_intake_and_wait_for_the_plan())


class Case:
    """One case from the preview to the accepted packets."""

    def __init__(self, world: World, receiver: WebhookReceiver, vignette: dict[str, Any]) -> None:
        self.world = world
        self.receiver = receiver
        self.vignette = vignette
        organization_id = uuid4()
        self.frontline = world.headers(Role.FRONTLINE, organization_id, "worker-1")
        self.coordinator = world.headers(Role.COORDINATOR, organization_id, "coordinator-1")
        # The last violence was hours ago in the vignette; the clock starts when she is interviewed, just now.
        self.captured_at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
        self.body = frontline_body(vignette, str(uuid4()), self.captured_at)
        self.ids: dict[str, str] = {}
        self.seen: dict[str, list[bytes]] = {}
        self.types: dict[str, str] = {}

    def agency(self, organization_id: str) -> dict[str, str]:
        return self.world.headers(Role.AGENCY, organization_id, f"agent-{organization_id[:8]}")

    def subscribe_every_candidate(self) -> None:
        preview = self.world.post(
            "/router/v1/plans/preview",
            self.frontline,
            {
                "facts": self.body["facts"],
                "places": self.vignette["places"],
                "consent_all_proposed": True,
                "duty_notice": self.body["duty_notice"],
            },
        )
        assert preview.status_code == 200, preview.text
        organizations = {
            candidate["organization_id"] for row in preview.json()["referrals"] for candidate in row["candidates"][:1]
        }
        for organization_id in sorted(organizations):
            answer = self.world.post(
                "/notifier/v1/subscriptions",
                self.agency(organization_id),
                {"channel": "webhook", "endpoint": self.receiver.url(organization_id)},
            )
            assert answer.status_code == 201, answer.text
            self.receiver.secrets[organization_id] = answer.json()["secret"]

    def post_intake_and_wait_for_the_plan(self) -> dict[str, Any]:
        answer = self.world.post("/intake/v1/intakes", self.frontline, self.body)
        assert answer.status_code == 201, answer.text
        self.ids = answer.json()
        assert self.ids["demo"] is True
        again = self.world.post("/intake/v1/intakes", self.frontline, self.body)
        assert (again.status_code, again.json()) == (200, self.ids)
        plan = self.world.get(f"/router/v1/cases/{self.ids['case_id']}/plan?wait=15", self.frontline)
        assert plan.status_code == 200, plan.text
        return dict(plan.json())

    def assert_plan_is_exactly_as_expected(self, plan: dict[str, Any]) -> None:
        found = Counter(
            (
                row["service_type"],
                row["jurisdiction"],
                row["basis"],
                row["due_hours"],
                tuple(r["id"] for r in row["rules"]),
            )
            for row in plan["referrals"]
        )
        expected = Counter(
            (row["service"], row["jurisdiction"], row["basis"], row["due_h"], tuple(row["rules"]))
            for row in self.vignette["expected_referrals"]
        )
        assert found == expected
        tasks_and_constraints = {task["code"] for task in plan["tasks"]} | {c["code"] for c in plan["constraints"]}
        assert tasks_and_constraints == set(self.vignette["expected_tasks_and_constraints"])
        assert {s["service_type"] for s in plan["suppressed"]} == set(self.vignette["expected_suppressed"])
        assert {u["code"] for u in plan["unmet"]} == set(self.vignette["expected_unmet_if_directory_lacks"])
        assert plan["status"] == "confirmed"
        for row in plan["referrals"]:
            assert all(rule["legal_source"] and rule["confidence"] for rule in row["rules"])
            assert (row["referral_status"] == "requested") == (not row["withheld_for"] and bool(row["candidates"]))

    def assert_offer_reached_its_agency(self, row: dict[str, Any]) -> None:
        referral_id, organization_id = row["referral_id"], row["candidates"][0]["organization_id"]
        self.types[referral_id] = row["service_type"]
        event_type = "pe.unavez.referral.offered.v1"
        hook = self.receiver.wait_for(organization_id, referral_id, event_type, seconds=15)
        feed = self.world.get("/notifier/v1/events?after=0&limit=500", self.agency(organization_id)).json()
        assert feed["positions"] == list(range(1, len(feed["positions"]) + 1))
        in_feed = [event for event in feed["events"] if (event["subject"], event["type"]) == (referral_id, event_type)]
        assert in_feed == [hook]
        assert set(hook["data"]) == {
            "referral_id", "service_type", "service_id", "urgency", "respond_by", "district", "packet_url", "demo",
        }  # fmt: skip
        assert hook["data"]["service_id"] == row["candidates"][0]["service_id"]
        packet = self.world.get(f"/intake/v1/packets/{referral_id}", self.agency(organization_id))
        assert packet.status_code == 200, packet.text
        assert packet.json()["stage"] == "offer"
        assert (packet.json()["service_name"] is None) == (hook["data"]["service_id"] is None)
        self.seen.setdefault(referral_id, []).append(packet.content)
        for category in ("ID", "ACCOUNT_SUMMARY", "CRIME", "HEALTH", "PSY", "LOC_EXACT", "SAFE_CONTACT"):
            assert not any(marker in packet.text for marker in MARKERS[category]), category

    def assert_row_is_not_offered(self, row: dict[str, Any]) -> None:
        assert row["referral_status"] == "draft"
        assert all(isinstance(reason, str) and reason for reason in row["withheld_for"])
        for candidate in row["candidates"]:
            feed = self.world.get(
                "/notifier/v1/events?after=0&limit=500", self.agency(candidate["organization_id"])
            ).json()
            assert row["referral_id"] not in {event["subject"] for event in feed["events"]}

    def accept_and_read(self, row: dict[str, Any]) -> None:
        referral_id, organization_id = row["referral_id"], row["candidates"][0]["organization_id"]
        agency = self.agency(organization_id)
        referral = self.answer(referral_id, "accepted", agency)
        assert not {"offered_to", "withheld_for", "history", "case_id"} & set(referral)
        deadline = time.monotonic() + 15
        while True:
            packet = self.world.get(f"/intake/v1/packets/{referral_id}", agency)
            assert packet.status_code == 200, packet.text
            if packet.json()["stage"] == "accepted":
                break
            assert time.monotonic() < deadline, "the packet never reached the accepted stage"
        self.seen[referral_id].append(packet.content)
        text = packet.text
        if row["service_type"].startswith("JUS-"):
            reserved = self.world.get(f"/intake/v1/packets/{referral_id}?part=reserved", agency)
            assert reserved.status_code == 200
            self.seen[referral_id].append(reserved.content)
            assert "Nombrefalso" not in text, "identity belongs to the reserved part"
            text += reserved.text
        if "ID" in row["categories"]:
            assert "Nombrefalso" in text
        for category, markers in MARKERS.items():
            if category not in row["categories"]:
                assert not any(marker in text for marker in markers), (row["service_type"], category)

    def answer(self, referral_id: str, to: str, headers: dict[str, str], **more: Any) -> dict[str, Any]:
        """Take one step from the version that stands; return the referral as this caller saw it before."""
        path = f"/router/v1/referrals/{referral_id}"
        seen = self.world.get(path, headers).json()
        body = {"to": to, "expected_version": seen["version"], **more}
        answer = self.world.post(f"{path}/transitions", headers, body)
        assert answer.status_code == 200, answer.text
        return dict(seen)

    def tasks(self) -> list[dict[str, Any]]:
        return list(self.world.get("/router/v1/tasks", self.frontline).json()["tasks"])

    def sheet(self, task: dict[str, Any]) -> str:
        """Return the sheet a task names, as soon as intake heard of its offer."""
        deadline = time.monotonic() + 15
        while True:
            printed = self.world.get(urlsplit(task["sheet_url"]).path, self.frontline)
            if printed.status_code == 200:
                return printed.text
            assert printed.status_code == 404, printed.text
            assert time.monotonic() < deadline, "intake never heard of the offer"

    def assert_her_team_hears(self, plan: dict[str, Any], steps: Mapping[str, set[str]]) -> Mapping[str, set[str]]:
        """Frontline and coordinator hear the same, each in a feed of their own: these steps, and every plan, task and
        unmet need, by id only."""
        deadline = time.monotonic() + 15
        while True:
            unmet = self.world.get("/router/v1/unmet-needs", self.coordinator).json()["unmet_needs"]
            expected = {
                "plan.made": {plan["plan_id"]},
                "task.opened": {task["task_id"] for task in self.tasks()},
                "need.unmet": {need["unmet_id"] for need in unmet},
                **steps,
            }
            page, same = (
                self.world.get("/notifier/v1/events?after=0&limit=500", who)
                for who in (self.frontline, self.coordinator)
            )
            told: dict[str, set[str]] = defaultdict(set)
            for event in page.json()["events"]:
                told[event["type"].removeprefix("pe.unavez.").removesuffix(".v1")].add(event["subject"])
            if _without_ids(page.json()) == _without_ids(same.json()) and all(
                told[kind] == subjects for kind, subjects in expected.items()
            ):
                break
            assert time.monotonic() < deadline, (expected, told)
        events = page.json()["events"]
        assert page.json()["positions"] == list(range(1, len(events) + 1))
        assert {event["data"]["case_id"] for event in events} == {self.ids["case_id"]}
        made = [event["data"]["status"] for event in events if event["subject"] == plan["plan_id"]]
        assert made[-1] == "confirmed"
        for row in plan["referrals"]:
            assert row["service_type"] not in page.text
            assert not any(candidate["organization_id"] in page.text for candidate in row["candidates"])
        return told

    def assert_strangers_get_one_404(self, plan: dict[str, Any]) -> None:
        stranger = self.world.headers(Role.AGENCY, uuid4())
        colleague = self.world.headers(Role.FRONTLINE, uuid4())
        referral_id = plan["referrals"][0]["referral_id"]
        for headers, mine in [
            (stranger, f"/router/v1/referrals/{referral_id}"),
            (stranger, f"/intake/v1/packets/{referral_id}"),
            (colleague, f"/intake/v1/intakes/{self.ids['intake_id']}"),
            (colleague, f"/router/v1/cases/{self.ids['case_id']}/plan"),
        ]:
            prefix, _, suffix = mine.partition(next(p for p in mine.split("/") if p.count("-") == 4))
            foreign, random = self.world.get(mine, headers), self.world.get(f"{prefix}{uuid4()}{suffix}", headers)
            assert foreign.status_code == random.status_code == 404
            assert foreign.content == random.content

    def assert_no_agency_can_link_or_read_what_it_must_not(self) -> None:
        forbidden = [self.ids["case_id"], self.ids["intake_id"], self.ids["case_code"]]
        for referral_id, bodies in self.seen.items():
            text = b"".join(bodies).decode()
            service_type = self.types[referral_id]
            assert not any(secret in text for secret in forbidden)
            assert "RELATOCOMPLETO" not in text, "the account itself leaves only under ACCOUNT_FULL"
            for rule in self.vignette["never_shares"]:
                if fnmatch(service_type, rule["to"]):
                    for category in rule["categories"]:
                        assert not any(marker in text for marker in MARKERS.get(category, [])), (service_type, category)
            if service_type.startswith("JUS-"):
                assert "direccionfalsa" not in text
            if service_type.startswith("SHL-"):
                assert "RESUMENLEIDO" not in text
        for bodies in self.receiver.bodies.values():
            assert not any(secret.encode() in body for secret in forbidden for body in bodies)


def _without_ids(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [{name: value for name, value in event.items() if name != "id"} for event in page["events"]]
