"""What runs inside one service besides HTTP: relay, consumer, background loops; started and stopped in order.

The four services are composed the same way, so this is written once. `web.server` drives it:
`start()` before the first request, `begin_stop()` on SIGTERM, `stop()` after the last answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import Bus
from unavez_shared.messaging.inbox import Inbox
from unavez_shared.messaging.relay import Relay
from unavez_shared.observability.log import logger
from unavez_shared.observability.watch import Watch
from unavez_shared.persistence.database import Database
from unavez_shared.persistence.pulse import Pulse
from unavez_shared.settings import ProcessRole

log = logger(__name__)

Loop = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""A background loop: works until the event it was given is set, then finishes what it has in hand and returns."""


@dataclass
class Runtime:
    """One running service."""

    service: Service
    database: Database
    pulse: Pulse
    bus: Bus
    relay: Relay
    inbox: Inbox | None
    """None for a service that consumes nothing (the directory)."""
    loops: Sequence[Loop] = ()
    checks: Sequence[Callable[[], Awaitable[None]]] = ()
    """Start-up refuses what it cannot honour: each check raises to stop the start."""
    closers: Sequence[Callable[[], Awaitable[None]]] = ()
    """What else is open: called last, after the last answer and the last handler (the key database's engine)."""
    watch: Watch | None = None
    """Sets the gauges; None while nobody can scrape them."""
    role: ProcessRole = ProcessRole.ALL
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set on SIGTERM: long polls answer, loops finish."""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _started: bool = False

    async def start(self) -> None:
        """Check, connect, relay, consume: nothing is taken from the bus before the database answers."""
        for check in self.checks:
            await check()
        await self.bus.start()
        if self.role is not ProcessRole.API:
            self._tasks.append(asyncio.create_task(self.relay.run(self.stopping), name=f"{self.service}:relay"))
            if self.inbox is not None:
                await self.inbox.start(self.bus)
                self._tasks.append(
                    asyncio.create_task(self.inbox.run_parked(self.stopping), name=f"{self.service}:parked")
                )
            self._tasks.extend(asyncio.create_task(loop(self.stopping)) for loop in self.loops)
        if self.watch is not None:
            self._tasks.append(asyncio.create_task(self.watch.run(self.stopping), name=f"{self.service}:watch"))
        self._started = True
        log.info("service_started", service=self.service.value, role=self.role.value)

    async def begin_stop(self) -> None:
        """Not ready any more; take no new messages; settle those in hand (ARCHITECTURE "Running it")."""
        self.stopping.set()
        self.relay.wake()
        if self.inbox is not None and self._started:
            await self.bus.stop_consuming(self.service)

    async def stop(self) -> None:
        """Finish the loops, relay what the last requests wrote, release the lock, close. Within 25 s."""
        await self.begin_stop()
        if self._tasks:
            _, pending = await asyncio.wait(self._tasks, timeout=15)
            for task in pending:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._started and self.role is not ProcessRole.API:
            await self.relay.drain(timeout_seconds=5)
        await self.relay.close()
        await self.bus.close()
        await self.database.close()
        await self.pulse.close()
        for close in self.closers:
            await close()
        log.info("service_stopped", service=self.service.value)

    async def ready(self) -> dict[str, bool]:
        """Ask the database and the bus for real."""
        return {
            "started": self._started and not self.stopping.is_set(),
            "database": await self.pulse.beats(),
            "bus": self.bus.is_ready(),
        }
