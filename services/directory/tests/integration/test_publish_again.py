"""An upgrade publishes every service again: once, whatever stops it, and however many replicas start."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest
from sqlalchemy import text

from unavez_directory.adapters.store import DirectoryStore
from unavez_directory.adapters.stores import Stores
from unavez_directory.messaging.publishing import PublishAgain
from unavez_directory.use_cases import publish_again as use_case
from unavez_shared.contracts.events import SERVICE_CHANGED, SERVICE_SUSPENDED
from unavez_shared.persistence.migrations import upgrade

STORES = Stores(DirectoryStore(), demo=True)
_BEFORE = ("DROP TABLE to_publish", "UPDATE alembic_version SET version_num = '0002'")


async def upgraded(directory: Any, bundle: dict[str, Any]) -> None:
    """Import as the version before did, and migrate."""
    await directory.post_bundle(bundle)
    async with directory.service.runtime.database.engine.begin() as connection:
        for statement in _BEFORE:
            await connection.execute(text(statement))
        await connection.execute(text("DELETE FROM outbox"))
    await upgrade(directory.settings.database_url.get_secret_value(), "unavez_directory", "unavez_directory")


def loop(directory: Any) -> PublishAgain:
    return PublishAgain(directory.service.runtime.database, STORES)


async def test_an_upgrade_publishes_every_service_once_by_however_many_replicas(
    directory: Any, small_bundle: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(use_case, "_BATCH", 1)
    closed = copy.deepcopy(small_bundle)
    closed["services"][0]["status"] = "inactive"
    await upgraded(directory, closed)
    listed = (await directory.client.get("/services")).json()["contents"]
    async with asyncio.timeout(10):
        await asyncio.gather(*(loop(directory).run(asyncio.Event()) for _ in range(3)))
    events = await directory.events()
    assert {(event.subject, event.event_type, event.sequence) for event in events} == {
        (closed["services"][0]["id"], SERVICE_SUSPENDED, 2),
        (closed["services"][1]["id"], SERVICE_CHANGED, 2),
    }
    assert len(events) == 2
    assert {event.data.front_door_name for event in events} == {"Centro Uno (ficticio)"}
    assert (await directory.client.get("/services")).json()["contents"] == listed


async def test_publishing_again_goes_on_where_it_was_stopped_and_not_at_every_start(
    directory: Any, small_bundle: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(use_case, "_BATCH", 1)
    await upgraded(directory, small_bundle)
    async with directory.service.runtime.database.transaction() as work:
        assert await use_case.publish_again(work, STORES) == 1
    assert len(await directory.events()) == 1
    for _ in range(2):  # started again, and again
        async with asyncio.timeout(10):
            await loop(directory).run(asyncio.Event())
        assert len(await directory.events()) == 2


async def test_a_new_installation_publishes_nothing_again(directory: Any, small_bundle: dict[str, Any]) -> None:
    await directory.post_bundle(small_bundle)
    async with asyncio.timeout(10):
        await loop(directory).run(asyncio.Event())
    assert {event.sequence for event in await directory.events()} == {1}
