"""Publish again what an upgrade put in the queue: the other services learn what a new version tells them besides."""

from __future__ import annotations

from unavez_directory.use_cases.announce_services import announce_services
from unavez_directory.use_cases.ports import DirectoryStore
from unavez_shared.persistence.database import Database

_BATCH = 200


async def publish_again(database: Database, store: DirectoryStore, *, demo: bool) -> int:
    """Publish the next services of the queue and take them out of it; return how many. 0 = nothing is left.

    Replicas and imports wait for each other (the lock of imports), so each service is taken once. For a public reader
    nothing was modified.
    """
    async with database.transaction() as work:
        await store.lock(work)
        ids = await store.take_to_publish(work, _BATCH)
        if ids:
            await store.next_versions(work, ids, at=None)
            await announce_services(ids, work, store, was_active=frozenset(ids), demo=demo)
            work.record("services_published_again", services=len(ids))
    return len(ids)
