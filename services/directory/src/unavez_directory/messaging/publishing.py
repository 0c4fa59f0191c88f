"""After an upgrade: the services that wait for it are published again, and then nothing more is to do."""

from __future__ import annotations

import asyncio

from unavez_directory.adapters.stores import Stores
from unavez_directory.use_cases.publish_again import publish_again
from unavez_shared.loops import repeat
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
        await repeat(self._round, stopping, failed=self._failed)

    async def _round(self) -> float | None:
        async with self._database.transaction() as work:
            published = await publish_again(work, self._stores)
        return 0.0 if published else None

    def _failed(self, error: Exception) -> float:
        log.warning("publishing_again_failed", error=type(error).__name__)
        return _RETRY_SECONDS
