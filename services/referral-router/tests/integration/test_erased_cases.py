"""A case whose key is gone: nobody is asked or told for it any more, and it is in nobody's way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from unavez_referral_router.adapters.measures import timers
from unavez_referral_router.api.resources import Resources
from unavez_referral_router.messaging import watch
from unavez_referral_router.use_cases import rounds
from unavez_referral_router.use_cases.watch_offers import watch_offers
from unavez_shared.contracts.event_data import CaseState, SubscriptionDisabled
from unavez_shared.contracts.events import CASE_REGISTERED, SERVICE_PUBLISHED, SUBSCRIPTION_DISABLED
from unavez_shared.contracts.services import KEYS_DATABASE
from unavez_shared.observability.metrics import REGISTRY
from unavez_shared.persistence.database import create_engine
from unavez_shared.privacy.case_keys import CaseKeys

from .conftest import case_state

BATCH = 3
"""So that the open offers of one erased case fill several batches."""


@pytest.fixture
async def router(start: Any, demo_states: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a router that knows the directory and whose clock only the test winds."""

    async def nobody_watches(_: Any) -> int:
        return 0

    monkeypatch.setattr(watch, "watch_offers", nobody_watches)
    monkeypatch.setattr(rounds, "_BATCH", BATCH)
    async with start() as router:
        await router.say(SERVICE_PUBLISHED, ((str(state.service_id), 1, state) for state in demo_states))
        yield router


def resources(router: Any) -> Resources:
    found: Resources = router.service.app.state.resources
    return found


def keys_of(router: Any) -> CaseKeys:
    keys: CaseKeys = resources(router).stores.dossiers._keys  # type: ignore[attr-defined]
    return keys


async def lose_key(router: Any, fresh_databases: str, case: CaseState) -> None:
    """Take her key away as a copy of `unavez_keys` of another time does: no row, no tombstone."""
    engine = create_engine(fresh_databases, KEYS_DATABASE, pool_size=1)
    async with engine.begin() as connection:
        await connection.exec_driver_sql(f"DELETE FROM case_keys WHERE case_id = '{case.case_id}'")  # noqa: S608
    await engine.dispose()
    keys_of(router).forget(case.case_id)


async def wind(router: Any) -> None:
    """Let the clock act until there is nothing left it can do."""
    for _ in range(100):
        if not await watch_offers(resources(router).database, resources(router).stores):
            return
    raise AssertionError("the clock always finds something to do")


async def late(router: Any) -> float:
    """Return how many offers the metrics call late, both clocks together."""
    async with router.service.runtime.database.engine.connect() as connection:
        await timers().look(connection, router.clock.now())
    return sum(
        REGISTRY.get_sample_value("unavez_timers_late", {"service": "referral-router", "timer": timer}) or 0
        for timer in ("answer", "call")
    )


async def open_offers(router: Any, case: CaseState) -> set[UUID]:
    offers = await router.table("referrals")
    return {each["referral_id"] for each in offers if each["case_id"] == case.case_id and each["status"] == "requested"}


async def audited(router: Any, action: str) -> list[tuple[UUID, str | None]]:
    return [(row["case_id"], row["subject_id"]) for row in await router.table("audit") if row["action"] == action]


async def test_offers_of_erased_cases_leave_the_clocks_and_keep_nobody_else_from_a_turn(
    router: Any, vignettes: Any
) -> None:
    erased = await router.register(vignettes["V04"]["facts"], vignettes["V04"]["places"])
    waiting = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    left, asked = await open_offers(router, erased), await open_offers(router, waiting)
    assert len(left) > BATCH
    tasks = len(await router.table("tasks"))
    await keys_of(router).destroy(erased.case_id)
    router.clock.ahead = timedelta(hours=73)
    assert await late(router) > len(left)

    await wind(router)

    assert await late(router) == 0, "the alert ends"
    assert not asked & await open_offers(router, waiting), "who kept silent was replaced"
    assert await open_offers(router, erased) == left, "nothing was decided in her name"
    assert sorted(await audited(router, "erased_offer_let_rest")) == sorted((erased.case_id, str(one)) for one in left)
    assert not [task for task in (await router.table("tasks"))[tasks:] if task["case_id"] == erased.case_id]


async def test_offers_whose_key_is_missing_stay_late_and_keep_nobody_else_from_a_turn(
    router: Any, vignettes: Any, fresh_databases: str
) -> None:
    lost = await router.register(vignettes["V04"]["facts"], vignettes["V04"]["places"])
    waiting = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    asked = await open_offers(router, waiting)
    assert len(await open_offers(router, lost)) > BATCH
    await lose_key(router, fresh_databases, lost)
    router.clock.ahead = timedelta(hours=73)

    await wind(router)

    assert not asked & await open_offers(router, waiting)
    assert await late(router) >= len(await open_offers(router, lost)), "somebody still waits for her"
    assert not await audited(router, "erased_offer_let_rest")


async def test_a_plan_no_version_of_ours_can_read_does_not_stop_the_clock(
    router: Any, vignettes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreadable = await router.register(vignettes["V04"]["facts"], vignettes["V04"]["places"])
    waiting = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    asked = await open_offers(router, waiting)
    load = resources(router).stores.dossiers.load
    plan = next(row["plan_id"] for row in await router.table("plans") if row["case_id"] == unreadable.case_id)

    async def cannot_read(work: Any, plan_id: UUID, *arguments: Any, **named: Any) -> Any:
        if plan_id == plan:
            raise ValueError("a document of another version")
        return await load(work, plan_id, *arguments, **named)

    monkeypatch.setattr(resources(router).stores.dossiers, "load", cannot_read)
    router.clock.ahead = timedelta(hours=73)

    await wind(router)

    assert not asked & await open_offers(router, waiting)


async def test_an_erased_case_does_not_keep_the_others_of_an_organization_from_being_called(
    router: Any, vignettes: Any
) -> None:
    erased, waiting = [await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"]) for _ in range(2)]
    offer = await router.referral((await router.row(waiting, "PSY-CSO"))["referral_id"])
    await keys_of(router).destroy(erased.case_id)
    lost = SubscriptionDisabled(
        organization_id=UUID(offer["organization_id"]), subscription_id=uuid4(), reason="failing"
    )

    await router.say(SUBSCRIPTION_DISABLED, [(str(lost.subscription_id), 1, lost)])

    assert await router.table("parked") == []
    called = {task["referral_id"] for task in await router.table("tasks") if task["code"] == "CALL_NOW"}
    assert UUID(offer["referral_id"]) in called
    assert not called & await open_offers(router, erased)


async def test_an_erased_case_heard_of_late_is_not_planned_and_waits_for_nobody(router: Any, vignettes: Any) -> None:
    known, places = vignettes["V09"]["facts"], vignettes["V09"]["places"]
    erased, other = case_state(known, places), case_state(known, places)
    await keys_of(router).create(erased.case_id)
    await keys_of(router).destroy(erased.case_id)

    await router.say(CASE_REGISTERED, [(str(state.case_id), 1, state) for state in (erased, other)])

    assert await router.table("parked") == []
    assert [row["case_id"] for row in await router.table("cases")] == [other.case_id]
    assert await audited(router, "erased_case_not_planned") == [(erased.case_id, None)]
