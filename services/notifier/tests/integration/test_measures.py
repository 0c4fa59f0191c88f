"""What the notifier's metrics say of deliveries."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from unavez_notifier.adapters.measures import waiting
from unavez_shared.contracts.events import REFERRAL_OFFERED, ReferralState
from unavez_shared.observability.metrics import REGISTRY

from .conftest import Notifier, eventually
from .receiver import receiving

Offer = Callable[..., ReferralState]


def shown(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(f"unavez_{name}", {"service": "notifier", "channel": "webhook", **labels})
    assert value is not None
    return value


async def test_attempts_are_counted_by_outcome_and_a_failing_endpoint_is_no_delay_of_ours(
    notifier: Notifier, offer: Offer
) -> None:
    async def look() -> None:
        async with notifier.service.runtime.database.engine.connect() as connection:
            await waiting().look(connection, notifier.clock.now())

    before = {outcome: shown("delivery_attempts_total", outcome=outcome) for outcome in ("delivered", "retry")}
    healthy, failing, silent = uuid4(), uuid4(), uuid4()
    async with receiving() as well, receiving() as broken:
        broken.respond = lambda _: (500, {})
        for agency, receiver in ((healthy, well), (failing, broken)):
            made = await notifier.subscribe(agency, receiver.url)
            await notifier.active(agency, made["subscription_id"])
        await notifier.subscribe(silent, "http://127.0.0.1:1/never")
        await notifier.hear(REFERRAL_OFFERED, offer(healthy), offer(failing), offer(silent))

        async def settled() -> bool:
            await look()
            return shown("endpoints_failing") == 1 and shown("deliveries_pending") == 2

        await eventually(settled)
    assert shown("delivery_attempts_total", outcome="delivered") == before["delivered"] + 1
    assert shown("delivery_attempts_total", outcome="retry") == before["retry"] + 1
    assert shown("deliveries_oldest_due_seconds") == 0

    # As if no process delivered: what is due at an endpoint that works waits for us, whatever waits at the others.
    notifier.service.runtime.stopping.set()
    await notifier.sql(
        "UPDATE deliveries SET status = 'pending', next_attempt_at = now() - interval '5 minutes',"
        " last_attempt_at = NULL"
    )
    await look()
    assert shown("deliveries_oldest_due_seconds") == pytest.approx(300, abs=30)
