"""The projection follows the directory's events: the newest wins, demo and real never mix."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from unavez_shared.contracts.event_data import CapacityState, ServiceState
from unavez_shared.contracts.events import CAPACITY_CHANGED, SERVICE_CHANGED, SERVICE_PUBLISHED, SERVICE_SUSPENDED

WOMAN = {"age": 30, "gender": "F", "wants_study": True, "incident": ["TRAF"]}
LIMA = {"current": "150101"}


async def candidates(router: Any, service_type: str) -> list[dict[str, Any]]:
    answer = await router.client.post(
        "/v1/plans/preview", json={"facts": WOMAN, "places": LIMA}, headers=router.bearer()
    )
    row = next(row for row in answer.json()["referrals"] if row["service_type"] == service_type)
    found: list[dict[str, Any]] = row["candidates"]
    return found


def state_of(demo_states: list[ServiceState], service_id: str, **changes: Any) -> ServiceState:
    return next(s for s in demo_states if str(s.service_id) == service_id).model_copy(update=changes)


async def test_a_suspended_service_is_no_candidate_and_an_older_event_does_not_bring_it_back(
    router: Any, demo_states: list[ServiceState]
) -> None:
    first = (await candidates(router, "REI-EDU"))[0]["service_id"]
    suspended = state_of(demo_states, first, active=False)
    await router.say(SERVICE_SUSPENDED, [(first, 3, suspended)])
    assert first not in {candidate["service_id"] for candidate in await candidates(router, "REI-EDU")}
    await router.say(SERVICE_CHANGED, [(first, 2, state_of(demo_states, first))])
    assert first not in {candidate["service_id"] for candidate in await candidates(router, "REI-EDU")}
    await router.say(SERVICE_PUBLISHED, [(first, 4, state_of(demo_states, first))])
    assert first in {candidate["service_id"] for candidate in await candidates(router, "REI-EDU")}


async def test_a_service_that_reports_no_free_place_is_not_asked_until_it_reports_one(
    router: Any, demo_states: list[ServiceState]
) -> None:
    first = (await candidates(router, "REI-EDU"))[0]["service_id"]
    now = datetime.now(UTC)
    full = CapacityState(service_id=first, unit="place", available=0, reported_at=now)
    await router.say(CAPACITY_CHANGED, [(first, 1, full)])
    assert first not in {candidate["service_id"] for candidate in await candidates(router, "REI-EDU")}
    old = full.model_copy(update={"available": 5, "reported_at": now - timedelta(hours=1)})
    await router.say(CAPACITY_CHANGED, [(first, 1, old)])
    await router.say(SERVICE_CHANGED, [(first, 2, state_of(demo_states, first))])
    assert first not in {candidate["service_id"] for candidate in await candidates(router, "REI-EDU")}
    free = full.model_copy(update={"available": 2, "reported_at": now + timedelta(seconds=1)})
    await router.say(CAPACITY_CHANGED, [(first, 2, free)])
    back = next(c for c in await candidates(router, "REI-EDU") if c["service_id"] == first)
    assert "capacity_reported" in back["reasons"]


async def test_a_real_service_is_ignored_in_demo(router: Any, demo_states: list[ServiceState]) -> None:
    first = (await candidates(router, "REI-EDU"))[0]["service_id"]
    real = state_of(demo_states, first, demo=False, active=False)
    await router.say(SERVICE_CHANGED, [(first, 9, real)])
    assert (await candidates(router, "REI-EDU"))[0]["service_id"] == first
