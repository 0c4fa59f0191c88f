"""What the services show at `/metrics` after the main job: everything an operator needs, and nothing of hers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.services import Service
from unavez_tests.metrics_guard import violations
from unavez_tests.receiver import WebhookReceiver
from unavez_tests.world import World, frontline_body

VIGNETTES = json.loads((Path(__file__).parents[1] / "data" / "vignettes.json").read_text(encoding="utf-8"))["vignettes"]
UPE_OFFERED = "pe.unavez.referral.offered.v1"


def shown(world: World) -> str:
    """Return what every process of the world shows, one after the other."""
    answers = [httpx.get(url) for url in world.metrics]
    assert all(answer.status_code == 200 for answer in answers)
    return "\n".join(answer.text for answer in answers)


def total(exposition: str, name: str, **labels: str) -> float:
    """Return the sum of the samples with these labels; fails when there is none."""
    values = [
        sample.value
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    assert values, f"no {name} with {labels}"
    return sum(values)


def wait_until(world: World, holds: Callable[[str], bool]) -> str:
    """Return what is shown once it `holds`; gauges are set every five seconds."""
    deadline = time.monotonic() + 20
    while not holds(text := shown(world)):
        assert time.monotonic() < deadline, text
    return text


@pytest.fixture(scope="module")
def ids_of_a_case(world: World) -> list[str]:
    """Run one case as far as a webhook, and come near it in ways that are refused; return every id of it."""
    with WebhookReceiver() as receiver:
        return run_a_case(world, receiver)


def run_a_case(world: World, receiver: WebhookReceiver) -> list[str]:
    team, vignette = uuid4(), VIGNETTES[1]
    frontline = world.headers(Role.FRONTLINE, team, "worker-1")
    captured_at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    body = frontline_body(vignette, str(uuid4()), captured_at)
    preview = world.post(
        "/router/v1/plans/preview",
        frontline,
        {
            "facts": body["facts"],
            "places": vignette["places"],
            "consent_all_proposed": True,
            "duty_notice": body["duty_notice"],
        },
    )
    rows = preview.json()["referrals"]
    agencies = sorted({row["candidates"][0]["organization_id"] for row in rows if row["candidates"]})
    for agency in agencies:
        answer = world.post(
            "/notifier/v1/subscriptions",
            world.headers(Role.AGENCY, agency),
            {"channel": "webhook", "endpoint": receiver.url(agency)},
        )
        receiver.secrets[agency] = answer.json()["secret"]
    case = world.post("/intake/v1/intakes", frontline, body).json()
    plan = world.get(f"/router/v1/cases/{case['case_id']}/plan?wait=15", frontline).json()
    offered = next(row for row in plan["referrals"] if row["referral_status"] == "requested")
    receiver.wait_for(offered["candidates"][0]["organization_id"], offered["referral_id"], UPE_OFFERED, seconds=15)
    stranger = world.headers(Role.AGENCY, uuid4())
    assert world.get(f"/intake/v1/packets/{offered['referral_id']}", stranger).status_code == 404
    assert world.get(f"/intake/{case['case_code']}/SHL-REFUGE/150101", stranger).status_code == 404
    assert world.client.request("SEARCH", world.url(f"/intake/v1/intakes/{case['intake_id']}")).status_code in {
        401,
        405,
    }
    return [str(team), case["case_id"], case["intake_id"], case["case_code"], plan["plan_id"], *agencies]


def test_metrics_show_no_service_type_organization_place_or_id_after_the_main_job(
    world: World, ids_of_a_case: list[str]
) -> None:
    settled = wait_until(
        world,
        lambda text: (
            total(text, "unavez_delivery_attempts_total", outcome="delivered") >= 1
            and total(text, "unavez_database_up") == 4
        ),
    )
    assert violations(settled, ids_of_a_case) == []


def test_all_four_services_show_what_an_operator_needs(world: World, ids_of_a_case: list[str]) -> None:
    assert ids_of_a_case
    text = wait_until(
        world,
        lambda text: (
            total(text, "unavez_database_up") == total(text, "unavez_bus_up") == 4
            and total(text, "unavez_relay_active") == 4
            and total(text, "unavez_audit_unsealed_rows") == total(text, "unavez_outbox_rows") == 0
        ),
    )
    for service in Service:
        assert total(text, "unavez_build_info", service=service.value, installation="demo") == 1
        assert total(text, "unavez_database_pool_limit", service=service.value) == 20
        assert total(text, "unavez_relay_published_total", service=service.value) >= 0
    assert total(text, "unavez_relay_published_total", service="intake") >= 1
    assert total(text, "unavez_inbox_applied_total", service="referral-router", family="case") >= 1
    assert total(text, "unavez_inbox_applied_total", service="notifier", family="plan") >= 1
    assert total(text, "unavez_inbox_batch_messages_count", service="intake") >= 1
    assert total(text, "unavez_inbox_refused_total") == total(text, "unavez_inbox_dead_letters_total") == 0
    assert total(text, "unavez_parked_messages") == total(text, "unavez_inbox_paused") == 0
    intakes = {"service": "intake", "method": "POST", "route": "/v1/intakes"}
    assert total(text, "unavez_http_requests_total", status="2xx", **intakes) >= 1
    assert total(text, "unavez_http_request_duration_seconds_count", **intakes) >= 1
    assert total(text, "unavez_http_requests_total", service="intake", route="other", status="4xx") >= 1
    assert total(text, "unavez_timers_late", service="referral-router") == 0
    assert total(text, "unavez_deliveries_pending", channel="webhook") >= 0
    assert total(text, "process_resident_memory_bytes") > 0
    assert total(text, "process_open_fds") > 0


def test_metrics_are_on_no_port_the_outside_reaches(world: World) -> None:
    for base in set(world.bases.values()):
        for path in ("/metrics", "/intake/metrics", "/notifier/metrics"):
            assert world.client.get(base + path).status_code == 404
