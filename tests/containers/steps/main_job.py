"""One intake through the gateway: its plan, an agency notified by feed and by webhook, its packet, its answer."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from standardwebhooks import Webhook

from containers import agency
from containers.stage import PROJECT, ROOT, Stage
from containers.table import Row
from containers.traffic import intake_body
from unavez_shared.contracts.actor import Role
from unavez_tests.chaos.servers import wait_until

AGENCY = f"{PROJECT}-check-agency"
"""The container of the agency's server."""
OFFERED = "pe.unavez.referral.offered.v1"
PATIENCE_SECONDS = 30


def run(stage: Stage) -> Iterator[Row]:
    """Do it once."""
    start_agency(stage)
    begun = time.monotonic()
    plan = _plan(stage)
    yield Row("an intake becomes a plan", len(plan["referrals"]) > 3, f"{1000 * (time.monotonic() - begun):.0f} ms")
    organization = plan["referrals"][0]["candidates"][0]["organization_id"]
    event = _newest_offer(stage, organization)
    yield Row("its agency is notified in its feed", event["subject"] == plan["referrals"][0]["referral_id"])
    yield Row("and by a webhook whose signature verifies", *_by_webhook(stage, organization))
    packet = stage.ask("GET", f"/intake/v1/packets/{event['subject']}", Role.AGENCY, organization)
    yield Row("its packet opens", packet.is_success, str(packet.status_code))
    referral = f"/router/v1/referrals/{event['subject']}"
    version = stage.ask("GET", referral, Role.AGENCY, organization).json()["version"]
    step = {"to": "accepted", "expected_version": version}
    accepted = stage.ask("POST", f"{referral}/transitions", Role.AGENCY, organization, step)
    yield Row("it accepts", accepted.is_success, str(accepted.status_code))
    seconds = wait_until(lambda: _team_knows(stage, event["subject"]), PATIENCE_SECONDS, "the team was not notified")
    yield Row("its team is notified", True, f"{1000 * seconds:.0f} ms")


def start_agency(stage: Stage) -> None:
    """Start the agency's server on the network that leads outside, and let webhooks go there."""
    subnet = json.loads(stage.docker("network", "inspect", f"{PROJECT}_outside"))[0]["IPAM"]["Config"][0]["Subnet"]
    stage.set(f"UNAVEZ_WEBHOOK_ALLOW_NETWORKS={subnet}")
    stage.compose("up", "--detach", "--wait", "--no-deps", "notifier")
    source = (ROOT / "tests" / "containers" / "agency.py").read_text(encoding="utf-8")
    stage.docker("run", "--detach", "--name", AGENCY, "--network", f"{PROJECT}_outside", "--entrypoint=python",
                 "unavez/operations", "-u", "-c", source)  # fmt: skip


def _plan(stage: Stage) -> Any:
    posted = stage.ask("POST", "/intake/v1/intakes", Role.FRONTLINE, body=intake_body())
    assert posted.is_success, posted.text
    return stage.ask("GET", f"/router/v1/cases/{posted.json()['case_id']}/plan?wait=20", Role.FRONTLINE).json()


def _newest_offer(stage: Stage, organization: str) -> Any:
    found: list[Any] = []

    def arrived() -> bool:
        page = stage.ask("GET", "/notifier/v1/events?after=0&wait=5&limit=500", Role.AGENCY, organization).json()
        found[:] = [event for event in page["events"] if event["type"] == OFFERED]
        return bool(found)

    wait_until(arrived, PATIENCE_SECONDS, "the agency was not notified")
    return found[-1]


def _by_webhook(stage: Stage, organization: str) -> tuple[bool, str]:
    endpoint = f"http://{AGENCY}:{agency.PORT}/hook"
    made = stage.ask("POST", "/notifier/v1/subscriptions", Role.AGENCY, organization,
                     {"channel": "webhook", "endpoint": endpoint})  # fmt: skip
    assert made.is_success, made.text
    _plan(stage)
    deliveries: list[Any] = []

    def arrived() -> bool:
        deliveries[:] = [json.loads(line) for line in stage.log(AGENCY) if OFFERED in line]
        return bool(deliveries)

    seconds = wait_until(arrived, PATIENCE_SECONDS, "no webhook arrived", poll=0.2)
    verified = Webhook(made.json()["secret"]).verify(deliveries[0]["body"], deliveries[0]["headers"])
    return verified["type"] == OFFERED, f"{seconds:.1f} s"


def _team_knows(stage: Stage, referral_id: str) -> bool:
    events = stage.ask("GET", "/notifier/v1/events?after=0&limit=500", Role.FRONTLINE).json()["events"]
    return any(each["type"].endswith("referral.accepted.v1") and each["subject"] == referral_id for each in events)
