"""What the version before left: one feed for a whole team, and webhooks a frontline token could make."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

from alembic import command
from sqlalchemy import Connection, text

from unavez_notifier.use_cases.end_subscriptions import end_frontline_subscriptions
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import ReferralState
from unavez_shared.contracts.events import REFERRAL_ACCEPTED, REFERRAL_OFFERED
from unavez_shared.persistence import migrations

from .conftest import Notifier

_BEFORE = "0002"
ENDPOINT = "http://127.0.0.1:9/hook"


async def test_the_team_feed_becomes_the_coordinators_and_keeps_its_positions(
    notifier: Notifier, offer: Callable[..., ReferralState], step: Callable[..., ReferralState]
) -> None:
    team = uuid4()
    offered = offer(uuid4(), team_organization_id=team)
    await notifier.hear(REFERRAL_OFFERED, offered)
    await notifier.hear(REFERRAL_ACCEPTED, step(offered, status="accepted"))
    before = await notifier.feed(team, role=Role.COORDINATOR)
    await _upgraded(notifier)
    assert await notifier.feed(team, role=Role.COORDINATOR) == before
    assert before["positions"] == [1]
    assert (await notifier.feed(team, role=Role.FRONTLINE))["events"] == []


async def test_a_frontline_tokens_webhooks_end_at_the_upgrade_and_their_end_stands_in_the_feed(
    notifier: Notifier,
) -> None:
    team, agency = uuid4(), uuid4()
    ended = [await _subscribed(notifier, team, made_by) for made_by in ("frontline", None)]
    changed, kept = [await _subscribed(notifier, team, "coordinator") for _ in range(2)]
    await _audited(notifier, changed, "subscription_changed", "frontline")
    other = (await notifier.subscribe(agency, ENDPOINT))["subscription_id"]
    announced = (await notifier.feed(team, role=Role.COORDINATOR))["next"]
    await _upgraded(notifier)
    held = notifier.service.app.state.resources
    for _ in range(2):  # at every start; the second finds none
        async with held.database.transaction() as work:
            await end_frontline_subscriptions(work, held.stores)
    left = (await notifier.ask("GET", "/v1/subscriptions", team, role=Role.COORDINATOR)).json()["subscriptions"]
    assert [one["subscription_id"] for one in left] == [kept]
    assert await notifier.status(agency, other) == "unverified"
    told = (await notifier.feed(team, role=Role.COORDINATOR, query=f"?after={announced}"))["events"]
    assert {event["type"] for event in told} == {"pe.unavez.subscription.ended.v1"}
    assert sorted(event["subject"] for event in told) == sorted([*ended, changed])
    assert all(event["data"] == {"subscription_id": event["subject"], "demo": True} for event in told)
    audited = await notifier.sql("SELECT subject_id FROM audit WHERE detail->>'reason' = 'frontline' ORDER BY id")
    assert sorted(row.subject_id for row in audited) == sorted([*ended, changed])


async def _subscribed(notifier: Notifier, team: UUID, made_by: str | None) -> str:
    """Leave a webhook of team events as the version before would have left it."""
    body = {"channel": "webhook", "endpoint": ENDPOINT}
    created = await notifier.ask("POST", "/v1/subscriptions", team, role=Role.COORDINATOR, json=body)
    subscription_id = str(uuid4())  # under another id the audit knows only what is told it below
    await notifier.sql(
        f"UPDATE subscriptions SET subscription_id = '{subscription_id}'"  # noqa: S608
        f" WHERE subscription_id = '{created.json()['subscription_id']}'"
    )
    if made_by is not None:
        await _audited(notifier, subscription_id, "subscription_created", made_by)
    return subscription_id


async def _audited(notifier: Notifier, subscription_id: str, action: str, role: str) -> None:
    await notifier.sql(
        "INSERT INTO audit (at, action, actor, actor_role, subject_id, detail)"  # noqa: S608
        f" VALUES (now(), '{action}', 'SYNTHETIC-1', '{role}', '{subscription_id}', '{{}}')"
    )


async def _upgraded(notifier: Notifier) -> None:
    """Take the schema back and forth again: what is there then is what an upgrade finds."""
    config = migrations._config("unavez_notifier")

    def again(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.downgrade(config, _BEFORE)
        command.upgrade(config, "head")

    async with notifier.service.runtime.database.engine.begin() as connection:
        await connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        await connection.run_sync(again)
