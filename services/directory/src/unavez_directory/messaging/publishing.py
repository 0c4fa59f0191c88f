"""After an upgrade: the services that wait for it are published again, and then nothing more is to do."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from unavez_directory.adapters.stores import Stores
from unavez_directory.use_cases.publish_again import publish_again
from unavez_shared.observability.log import logger
from unavez_shared.persistence.database import Database

log = logger(__name__)

_RETRY_SECONDS = 1.0


class PublishAgain:
    """A background loop of the runtime that ends when the queue is empty; replicas take turns."""

    def __init__(self, database: Database, stores: Stores) -> None:
        self._database = database
        self._stores = stores

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish until nothing is left or stopped. A database that is away is asked again."""
        while not stopping.is_set():
            try:
                async with self._database.transaction() as work:
                    published = await publish_again(work, self._stores)
                if not published:
                    return
            except Exception as error:  # noqa: BLE001  (the loop outlives whatever one round met)
                log.warning("publishing_again_failed", error=type(error).__name__)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), _RETRY_SECONDS)
