"""Looks at one service every few seconds and sets its gauges, however often and by however many it is scraped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from sqlalchemy.pool import QueuePool

from unavez_shared.contracts.services import Service
from unavez_shared.loops import repeat
from unavez_shared.messaging.bus import Bus
from unavez_shared.messaging.relay import Relay
from unavez_shared.observability.backlog import backlog
from unavez_shared.observability.log import logger
from unavez_shared.observability.metrics import Gauge
from unavez_shared.observability.probe import Probe
from unavez_shared.persistence.database import Database
from unavez_shared.version import VERSION

log = logger(__name__)

EVERY_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 4.0

_RELAY: Final = Gauge("unavez_relay_active", "1 in the one process that relays this service's outbox.", ("service",))
_BUS: Final = Gauge("unavez_bus_up", "1 while publishing and every started consumer work.", ("service",))
_DATABASE: Final = Gauge("unavez_database_up", "1 while the service's database answers.", ("service",))
_POOL: Final = Gauge("unavez_database_pool_in_use", "Connections taken out of the pool.", ("service",))
_POOL_LIMIT: Final = Gauge("unavez_database_pool_limit", "Connections there can be at most.", ("service",))
_TASKS: Final = Gauge("unavez_tasks", "Tasks of the event loop this service runs in.", ("service",))
_LOOKED: Final = Gauge(
    "unavez_gauges_timestamp_seconds", "When the gauges of this service were set last, Unix time.", ("service",)
)
_BUILD: Final = Gauge(
    "unavez_build_info", "Always 1: which version runs here, born demo or real.", ("service", "version", "installation")
)


class Watch:
    """The gauges of one service. `run` is a background loop of its runtime, in every role."""

    def __init__(
        self, service: Service, database: Database, bus: Bus, relay: Relay, *, demo: bool, probes: Sequence[Probe] = ()
    ) -> None:
        self._database = database
        self._bus = bus
        self._relay = relay
        self._probes = (backlog(service), *probes)
        name = service.value
        self._relay_active, self._bus_up, self._database_up = (
            _RELAY.labels(name),
            _BUS.labels(name),
            _DATABASE.labels(name),
        )
        self._pool_in_use, self._pool_limit = _POOL.labels(name), _POOL_LIMIT.labels(name)
        self._tasks = _TASKS.labels(name)
        self._looked = _LOOKED.labels(name)
        _BUILD.labels(name, VERSION, "demo" if demo else "real").set(1)

    async def run(self, stopping: asyncio.Event) -> None:
        """Look until `stopping` is set."""
        await repeat(self._round, stopping, failed=self._failed)

    async def _round(self) -> float:
        await self.look()
        return EVERY_SECONDS

    def _failed(self, error: Exception) -> float:
        log.warning("gauges_unavailable", error=type(error).__name__)
        return EVERY_SECONDS

    async def look(self) -> None:
        """Set every gauge once. Never raises."""
        # Before the probes take a connection of their own.
        pool = self._database.engine.pool
        if isinstance(pool, QueuePool):
            self._pool_in_use.set(pool.checkedout())
            self._pool_limit.set(2 * pool.size())  # `create_engine` lets it overflow by its size
        self._tasks.set(len(asyncio.all_tasks()))
        self._relay_active.set(self._relay.is_active)
        self._bus_up.set(self._bus.is_ready())
        self._database_up.set(await self._probe())
        self._looked.set(time.time())

    async def _probe(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), self._database.engine.connect() as connection:
                for probe in self._probes:
                    await probe.look(connection, self._database.clock.now())
        except Exception as error:  # noqa: BLE001  (whatever it was, there is no number; the loop goes on)
            log.warning("gauges_unavailable", error=type(error).__name__)
            for probe in self._probes:
                probe.forget()
            return False
        return True
