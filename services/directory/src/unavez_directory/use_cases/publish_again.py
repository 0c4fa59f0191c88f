"""Publish again what an upgrade put in the queue: the other services learn what a new version tells them besides."""

from __future__ import annotations

from unavez_directory.adapters.stores import Stores
from unavez_directory.use_cases.announce_services import announce_services
from unavez_shared.persistence.database import UnitOfWork

_BATCH = 200


async def publish_again(work: UnitOfWork, stores: Stores) -> int:
    """Publish the next services of the queue and take them out of it; return how many. 0 = nothing is left.

    Replicas and imports wait for each other (the lock of imports), so each service is taken once. For a public reader
    nothing was modified.
    """
    await stores.directory.lock(work)
    ids = await stores.directory.take_to_publish(work, _BATCH)
    if ids:
        await stores.directory.next_versions(work, ids, at=None)
        await announce_services(ids, work, stores, was_active=frozenset(ids))
        work.record("services_published_again", services=len(ids))
    return len(ids)
