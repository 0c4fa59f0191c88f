"""The loop that keeps deliveries moving: settle what ended and claim what is due in one transaction, attempt at once.

Any number of processes may run it: claims skip what another one holds, and a lease that was left behind ends by itself.
While a transaction is under way more attempts end: batches grow with the load, and nothing waits without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from unavez_notifier.adapters.gates import Attempt, Gates
from unavez_notifier.adapters.measures import attempted
from unavez_notifier.adapters.stores import Stores
from unavez_notifier.domain.deliveries import DueDelivery, Settlement
from unavez_notifier.domain.lanes import QUICK, SLOW, Lane
from unavez_notifier.domain.retries import LEASE
from unavez_notifier.use_cases.attempt_delivery import attempt_delivery
from unavez_notifier.use_cases.settle_attempts import settle_attempts
from unavez_shared.loops import repeat
from unavez_shared.messaging.transient import DATABASE_ERRORS
from unavez_shared.observability.log import logger
from unavez_shared.persistence.database import Database

log = logger(__name__)

_IDLE_SECONDS = 0.1
_PAUSE_SECONDS = 0.5
_SLOW_LOOK_SECONDS = 0.2
"""How often the slow lane is looked at; the quick one is at every turn."""


class DeliveryEngine:
    """Delivers, by every channel, until it is told to stop."""

    def __init__(self, database: Database, stores: Stores) -> None:
        self._database = database
        self._stores = stores
        self._signal = stores.wakes.deliveries
        self._gates = Gates()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._ended: list[Settlement] = []
        self._slow_again_at = 0.0

    async def run(self, stopping: asyncio.Event) -> None:
        """Run until `stopping`; then claim nothing more, finish what is on its way and settle it."""
        await repeat(self._claim_and_settle, stopping, failed=self._failed, wake=self._signal)
        await repeat(self._settle_the_rest, asyncio.Event(), failed=self._failed, wake=self._signal)

    async def _claim_and_settle(self) -> float:
        for lane, due in await self._round(self._lanes()):
            self._start(lane, due)
        return _IDLE_SECONDS

    async def _settle_the_rest(self) -> float | None:
        if not self._in_flight and not self._ended:
            return None
        await self._round(())
        return _IDLE_SECONDS

    def _failed(self, error: Exception) -> float:
        if isinstance(error, DATABASE_ERRORS):
            log.warning("delivery_database_unavailable", exc_info=error)
        else:
            log.error("delivery_interrupted", exc_info=error)
        return _PAUSE_SECONDS

    def _lanes(self) -> Sequence[tuple[Lane, int]]:
        """Return the lanes to claim for now, each with how much."""
        lanes = [QUICK]
        now = asyncio.get_running_loop().time()
        if now >= self._slow_again_at:
            self._slow_again_at = now + _SLOW_LOOK_SECONDS
            lanes.append(SLOW)
        return [(lane, free) for lane in lanes if (free := self._gates.free(lane))]

    async def _round(self, lanes: Sequence[tuple[Lane, int]]) -> Sequence[tuple[Lane, DueDelivery]]:
        """Settle what has ended, and claim for these lanes, in one transaction."""
        ended, self._ended = self._ended, []
        if not ended and not lanes:
            return ()
        now = self._database.clock.now()
        claimed: list[tuple[Lane, DueDelivery]] = []
        try:
            async with self._database.transaction() as work:
                if ended:
                    await settle_attempts(ended, work, self._stores, at=now)
                for lane, free in lanes:
                    load = self._gates.load(lane)
                    found = await self._stores.deliveries.claim(
                        work,
                        now=now,
                        lease=LEASE,
                        limit=free,
                        channels=list(self._stores.channels),
                        lane=lane,
                        load=load,
                    )
                    claimed += [(lane, due) for due in found]
                if claimed and not ended:
                    await work.lazily()
        except Exception:
            # Attempts are not lost: they are settled when the database answers, or made again after their lease.
            self._ended = ended + self._ended
            raise
        return claimed

    def _start(self, lane: Lane, due: DueDelivery) -> None:
        attempt = self._gates.enter(due.organization_id, due.subscription_id, lane)
        task = asyncio.create_task(self._attempt(due, attempt), name="notifier:delivery")
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)

    async def _attempt(self, due: DueDelivery, attempt: Attempt) -> None:
        worked = False
        try:
            settlement = await attempt_delivery(due, self._stores, clock=self._database.clock)
            worked = settlement.status == "delivered"
            attempted(due.channel, settlement.status)
            self._ended.append(settlement)
        except Exception:
            attempted(due.channel, "fault")
            log.exception("delivery_attempt_failed", subscription_id=str(due.subscription_id))
        finally:
            self._gates.leave(attempt, worked=worked)
            self._signal.send()
