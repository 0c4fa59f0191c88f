"""The preview over HTTP: stores nothing, refuses what is malformed, echoes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from unavez_shared.contracts.actor import Role


def body_of(vignette: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "facts": vignette["facts"],
        "places": vignette["places"],
        "consent_all_proposed": True,
        "duty_notice": {"told_at": "2026-11-20T15:00:00-05:00", "language": "spa", "reaction": "agreed"},
        **more,
    }


async def test_a_preview_is_what_the_plan_becomes(router: Any, vignettes: Any) -> None:
    answer = await router.client.post("/v1/plans/preview", json=body_of(vignettes["V01"]), headers=router.bearer())
    assert answer.status_code == 200
    preview = answer.json()
    state = await router.register(vignettes["V01"]["facts"], vignettes["V01"]["places"])
    plan = await router.plan(state)
    for row in plan["referrals"]:
        del row["referral_id"], row["referral_status"]
    assert plan["referrals"] == preview["referrals"]
    assert plan["preview_digest"] == preview["preview_digest"]
    assert preview["demo"] is True


async def test_beside_a_telephone_stands_that_nobody_has_called(router: Any, vignettes: Any) -> None:
    deliveries = set()
    for vignette in vignettes.values():
        answer = await router.client.post("/v1/plans/preview", json=body_of(vignette), headers=router.bearer())
        for row in answer.json()["referrals"]:
            deliveries.add(row["delivery"])
            said = row["notice"]["es"] if row["notice"] else ""
            assert said.startswith("Unavez no ha llamado") == (row["delivery"] == "call")
    assert "call" in deliveries


async def test_a_preview_stores_nothing(router: Any, vignettes: Any) -> None:
    for vignette in vignettes.values():
        await router.client.post("/v1/plans/preview", json=body_of(vignette), headers=router.bearer())
    for table in ("cases", "plans", "referrals", "tasks", "unmet_needs", "outbox", "audit"):
        assert await router.table(table) == []


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"facts": {"secreto-1": 1, "age": 20}}, "/facts", "unknown_field"),
        ({"facts": {"age": 20, "gender": "secreto-1"}}, "/facts/gender", "unknown_code"),
        ({"facts": {}}, "/facts/age", "age_required"),
        ({"places": {"current": "999999"}}, "/places/current", "unknown_place"),
        ({"avoid": {"service_types": ["secreto-1"]}}, "/avoid/service_types/0", "unknown_code"),
        ({"consents": [{"service_type": "secreto-1"}]}, "/consents/0/service_type", "unknown_code"),
        (
            {"consents": [{"service_type": "PRO-CEM", "categories": ["secreto-1"]}]},
            "/consents/0/categories/0",
            "unknown_code",
        ),
        (
            {"consents": [{"service_type": "PRO-CEM", "categories": ["COMPELLED"]}]},
            "/consents/0/categories/0",
            "unknown_code",
        ),
        ({"consents": [{"mode": "signed"}]}, "/consents/0", "receiver_required"),
        (
            {"consents": [{"service_type": "PRO-CEM", "given_at": "2190-01-01T00:00:00Z"}]},
            "/consents/0/given_at",
            "in_future",
        ),
        (
            {"consents": [{"service_type": "PRO-CEM", "expires_at": "2020-01-01T00:00:00Z"}]},
            "/consents/0/expires_at",
            "not_after_given_at",
        ),
        ({"duty_notice": {"told_at": "2190-01-01T00:00:00Z"}}, "/duty_notice/told_at", "in_future"),
        ({"duty_notice": {"language": "secreto-1"}}, "/duty_notice/language", "unknown_code"),
        ({"avoid": {"people": ["secreto-1" * 30]}}, "/avoid/people/0", "too_long"),
        ({"secreto-1": 1}, "", "unknown_field"),
    ],
)
async def test_bad_input_is_pointed_at_and_never_echoed(
    change: dict[str, Any], pointer: str, code: str, router: Any, vignettes: Any
) -> None:
    answer = await router.client.post(
        "/v1/plans/preview", json=body_of(vignettes["V09"]) | change, headers=router.bearer()
    )
    assert answer.status_code == 422
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert "secreto-1" not in answer.text


async def previewed(router: Any, vignette: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return what holds each row back, by service type."""
    answer = await router.client.post("/v1/plans/preview", json=body_of(vignette, **more), headers=router.bearer())
    assert answer.status_code == 200, answer.text
    return {row["service_type"]: row["withheld_for"] for row in answer.json()["referrals"]}


async def test_consent_given_beside_others_opens_nothing_yet(router: Any, vignettes: Any) -> None:
    consent = {"service_type": "REI-EDU", "mode": "written", "language": "spa"}
    held = {
        in_private: await previewed(
            router, vignettes["V09"], consent_all_proposed=False, consents=[consent | {"in_private": in_private}]
        )
        for in_private in (True, None, False)
    }
    assert (held[True]["REI-EDU"], held[None]["REI-EDU"]) == (None, None)
    assert held[False]["REI-EDU"] == ["consent"]


async def test_consent_that_ended_holds_the_row(router: Any, vignettes: Any) -> None:
    given_at = (datetime.now(UTC) - timedelta(days=367)).isoformat()
    consents = [{"service_type": "REI-EDU", "given_at": given_at, "in_private": True}]
    held = await previewed(router, vignettes["V09"], consent_all_proposed=False, consents=consents)
    assert held["REI-EDU"] == ["consent"]


async def test_duty_notice_without_its_time_was_not_given(router: Any, vignettes: Any) -> None:
    told = await previewed(router, vignettes["V01"])
    untold = [
        await previewed(router, vignettes["V01"], duty_notice=notice) for notice in ({}, {"language": "spa"}, None)
    ]
    waiting = {code for code, reasons in untold[0].items() if "tell_first" in (reasons or ())}
    assert waiting
    assert not any("tell_first" in (reasons or ()) for reasons in told.values())
    assert untold[1] == untold[2] == untold[0]


async def test_people_to_avoid_are_a_text_or_a_list(router: Any, vignettes: Any) -> None:
    for people in ("x" * 5_000, ["Persona Inventada", "Otra Inventada"]):
        await previewed(router, vignettes["V09"], avoid={"people": people})


async def test_only_workers_and_coordinators_preview(router: Any, vignettes: Any) -> None:
    body = body_of(vignettes["V09"])
    statuses = {
        role: (await router.client.post("/v1/plans/preview", json=body, headers=router.bearer(role))).status_code
        for role in Role
    }
    assert {role for role, status in statuses.items() if status == 200} == {Role.FRONTLINE, Role.COORDINATOR}
    assert set(statuses.values()) == {200, 403}
    assert (await router.client.post("/v1/plans/preview", json=body)).status_code == 401


async def test_everybody_with_a_token_reads_the_protocol_with_its_law_and_review_marks(router: Any) -> None:
    answer = await router.client.get("/v1/protocol", headers=router.bearer(Role.STATISTICS))
    rules = answer.json()["rules"]
    assert all(rule["legal_source"] and rule["confidence"] for rule in rules)
    assert {rule["needs_review"] for rule in rules} == {True, False}
