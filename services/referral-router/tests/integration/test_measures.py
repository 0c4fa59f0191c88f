"""What the router's metrics say of its clocks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from unavez_referral_router.adapters.measures import timers
from unavez_referral_router.use_cases.watch_offers import watch_offers
from unavez_shared.observability.metrics import REGISTRY


def shown(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(f"unavez_{name}", {"service": "referral-router", **labels})
    assert value is not None
    return value


async def test_clocks_that_ran_out_and_nobody_saw_are_late_until_the_timer_acts(
    start: Any, demo_states: Any, vignettes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unavez_referral_router.messaging import watch
    from unavez_shared.contracts.events import SERVICE_PUBLISHED

    async def nobody_watches(_: Any) -> int:
        return 0

    monkeypatch.setattr(watch, "watch_offers", nobody_watches)
    async with start() as router:
        await router.say(SERVICE_PUBLISHED, ((str(state.service_id), 1, state) for state in demo_states))
        await router.register(vignettes["V04"]["facts"], vignettes["V04"]["places"])

        async def look() -> None:
            async with router.service.runtime.database.engine.connect() as connection:
                await timers().look(connection, router.clock.now())

        await look()
        assert shown("timers_late", timer="answer") == shown("timers_late", timer="call") == 0
        router.clock.ahead = timedelta(minutes=7)
        await look()
        assert shown("timers_late", timer="call") >= 1
        assert shown("timers_late_seconds", timer="call") == pytest.approx(120, abs=30)
        router.clock.ahead = timedelta(hours=73)
        await look()
        assert shown("timers_late", timer="answer") >= 1
        assert shown("timers_late_seconds", timer="answer") > 3600

        before = shown("offers_unanswered_total")
        late = shown("timers_late", timer="answer")
        resources = router.service.app.state.resources
        while await watch_offers(resources.database, resources.stores):
            continue
        await look()
        assert shown("timers_late", timer="answer") == shown("timers_late", timer="call") == 0
        assert shown("offers_unanswered_total") >= before + late
