"""The loop that asks new endpoints: at once after a subscription was made, and again until they answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.domain.deliveries import DueHandshake
from unavez_notifier.use_cases.verify_endpoint import verify_endpoint
from unavez_shared.loops import repeat
from unavez_shared.messaging.transient import DATABASE_ERRORS
from unavez_shared.observability.log import logger
from unavez_shared.persistence.database import Database

log = logger(__name__)

_LEASE = timedelta(seconds=20)
_CAPACITY = 32
_EACH_ORGANIZATION = 4
_IDLE_SECONDS = 0.2


class HandshakeEngine:
    """Verifies endpoints until it is told to stop. Neither a slow one nor many of one organization hold up others."""

    def __init__(self, database: Database, stores: Stores) -> None:
        self._database = database
        self._stores = stores
        self._signal = stores.wakes.handshakes
        self._under_way: dict[asyncio.Task[None], UUID] = {}

    async def run(self, stopping: asyncio.Event) -> None:
        """Run until `stopping`; handshakes under way are finished."""
        await repeat(self._round, stopping, failed=self._failed, wake=self._signal)
        await asyncio.gather(*self._under_way)

    async def _round(self) -> float:
        for asked in await self._claim(_CAPACITY - len(self._under_way)):
            task = asyncio.create_task(self._verify(asked), name="notifier:handshake")
            self._under_way[task] = asked.subscription.feed.organization_id
            task.add_done_callback(self._under_way.pop)
        return _IDLE_SECONDS

    def _failed(self, error: Exception) -> float:
        if isinstance(error, DATABASE_ERRORS):
            log.warning("handshake_database_unavailable", exc_info=error)
        else:
            log.error("handshake_interrupted", exc_info=error)
        return _IDLE_SECONDS

    async def _claim(self, free: int) -> Sequence[DueHandshake]:
        if not free:
            return ()
        under_way = Counter(self._under_way.values())
        async with self._database.transaction() as work:
            return await self._stores.subscriptions.claim_handshakes(
                work,
                now=work.now(),
                lease=_LEASE,
                limit=free,
                channels=list(self._stores.channels),
                each_organization=_EACH_ORGANIZATION,
                but_of=[one for one, count in under_way.items() if count >= _EACH_ORGANIZATION],
            )

    async def _verify(self, asked: DueHandshake) -> None:
        try:
            await verify_endpoint(asked, self._database, self._stores)
        except DATABASE_ERRORS:
            # Asked again when its lease ends.
            log.warning("handshake_database_unavailable", exc_info=True)
