"""The preview over HTTP: stores nothing, refuses what is malformed, echoes nothing."""

from __future__ import annotations

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
    assert {"pointer": pointer, "code": code} in answer.json()["errors"]
    assert "secreto-1" not in answer.text


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
