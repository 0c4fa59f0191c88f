"""The timer: looks once a second for offers whose time has come, and for what her team is to see now."""

from __future__ import annotations

import asyncio

from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.use_cases.show_to_team import show_to_team
from unavez_referral_router.use_cases.watch_offers import watch_offers
from unavez_shared.loops import repeat
from unavez_shared.observability.log import logger
from unavez_shared.persistence.database import Database

log = logger(__name__)

_INTERVAL_SECONDS = 1.0


class OfferWatch:
    """A background loop of the runtime; several replicas share the work by row locks."""

    def __init__(self, database: Database, stores: Stores) -> None:
        self._database = database
        self._stores = stores

    async def run(self, stopping: asyncio.Event) -> None:
        """Watch until stopped. A database that is away is asked again."""
        await repeat(self._round, stopping, failed=self._failed)

    async def _round(self) -> float:
        acted = await watch_offers(self._database, self._stores)
        acted += await show_to_team(self._database, self._stores)
        return 0.0 if acted else _INTERVAL_SECONDS

    def _failed(self, error: Exception) -> float:
        log.warning("offer_watch_failed", error=type(error).__name__)
        return _INTERVAL_SECONDS
