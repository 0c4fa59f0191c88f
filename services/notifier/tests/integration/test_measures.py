"""What the notifier's metrics say of deliveries."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from unavez_notifier.adapters.measures import waiting
from unavez_shared.contracts.event_data import ReferralState
from unavez_shared.contracts.events import REFERRAL_OFFERED
from unavez_shared.observability.metrics import REGISTRY

from .conftest import Notifier, eventually
from .receiver import receiving

Offer = Callable[..., ReferralState]


def shown(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(f"unavez_{name}", {"service": "notifier", "channel": "webhook", **labels})
    assert value is not None
    return value


async def look(notifier: Notifier) -> None:
    async with notifier.service.runtime.database.engine.connect() as connection:
        await waiting("webhook").look(connection, notifier.clock.now())


async def test_attempts_are_counted_by_outcome_and_a_failing_endpoint_is_no_delay_of_ours(
    notifier: Notifier, offer: Offer
) -> None:
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
            await look(notifier)
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
    await look(notifier)
    assert shown("deliveries_oldest_due_seconds") == pytest.approx(300, abs=30)


async def test_what_waits_behind_an_event_the_endpoint_refused_is_no_delay_of_ours(
    notifier: Notifier, offer: Offer
) -> None:
    async def oldest_due() -> float:
        await look(notifier)
        return shown("deliveries_oldest_due_seconds")

    agency, refused = uuid4(), uuid4()
    async with receiving() as receiver:
        made = await notifier.subscribe(agency, receiver.url)
        await notifier.active(agency, made["subscription_id"])
        notifier.service.runtime.stopping.set()  # nobody delivers from here on: the test says what became of each
        for version in (1, 2):
            await notifier.hear(REFERRAL_OFFERED, offer(agency, referral_id=refused, version=version))
        first = f"UPDATE deliveries SET next_attempt_at = now() + interval '{{}}' WHERE subject = '{refused}'"  # noqa: S608
        first += " AND position = (SELECT min(position) FROM deliveries WHERE status = 'pending')"
        await notifier.sql("UPDATE deliveries SET next_attempt_at = now() - interval '5 minutes'")
        await notifier.sql(first.format("3 hours"))
        assert await oldest_due() == 0

        await notifier.sql(first.format("-2 minutes"))
        assert await oldest_due() == pytest.approx(120, abs=30), "its turn has come, and we are late"

        await notifier.sql(first.format("3 hours"))
        await notifier.hear(REFERRAL_OFFERED, offer(agency, urgency="routine"))
        await notifier.sql(
            f"UPDATE deliveries SET next_attempt_at = now() - interval '4 minutes' WHERE subject <> '{refused}'"  # noqa: S608
        )
        assert await oldest_due() == pytest.approx(240, abs=30), "what stands behind nothing waits for us"
