"""One walk through the checks: connections opened once, reading only, and never longer than `TOTAL_SECONDS`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
from aiormq import Connection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from yarl import URL

from unavez_shared.contracts.services import Service
from unavez_shared.doctor.model import Check, Finding, Result, Status, found
from unavez_shared.doctor.target import Target
from unavez_shared.messaging.relay import LOCK as RELAY_LOCK
from unavez_shared.persistence.database import create_engine

CHECK_SECONDS = 10.0
"""A check that takes longer is a finding itself."""
TOTAL_SECONDS = 60.0
_CONNECT_SECONDS = 5.0
_CLOSE_SECONDS = 2.0

_RELAYS = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = :lock AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass
class Examination:
    """What the checks ask their questions through."""

    target: Target
    _engines: dict[str, AsyncEngine] = field(default_factory=dict)
    _broker: Connection | None = None

    @asynccontextmanager
    async def database(self, name: str) -> AsyncIterator[AsyncConnection]:
        """Open a read-only transaction on one database. Raises what the driver raises."""
        if name not in self._engines:
            server = self.target.settings.database_url.get_secret_value()
            self._engines[name] = create_engine(server, name, pool_size=1)
        async with self._engines[name].connect() as connection:
            await connection.execution_options(postgresql_readonly=True)
            yield connection

    async def somebody_relays(self, service: Service) -> bool:
        """Tell whether a process of the service holds its relay's lock."""
        async with self.database(service.database) as connection:
            return bool(await connection.scalar(_RELAYS, {"lock": RELAY_LOCK}))

    async def is_at_work(self, service: Service) -> bool:
        """Tell whether the service runs, by what was said or by what it does."""
        return self.target.is_running or await self.somebody_relays(service)

    async def broker(self) -> Connection:
        """Return the connection to RabbitMQ. Raises what the driver raises, and TimeoutError."""
        if self._broker is None or self._broker.is_closed:
            logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # it logs frames and tracebacks of its own
            connection = Connection(URL(self.broker_url).update_query(name="doctor", heartbeat="10"))
            async with asyncio.timeout(_CONNECT_SECONDS):
                await connection.connect()
            self._broker = connection
        return self._broker

    @property
    def broker_url(self) -> str:
        """Address of the broker; empty when the bus is the in-process one."""
        url = self.target.settings.amqp_url
        return url.get_secret_value() if url else ""

    async def management(self, path: str) -> httpx.Response:
        """Return what RabbitMQ's management API answers. Raises httpx.HTTPError, httpx.InvalidURL, ValueError."""
        if self.target.management_url is None:
            raise ValueError("no management URL")
        base = self.target.management_url.get_secret_value().rstrip("/").removesuffix("/api")
        async with httpx.AsyncClient(timeout=_CONNECT_SECONDS, follow_redirects=False) as client:
            return await client.get(f"{base}/api/{path}")

    async def close(self) -> None:
        """Close what was opened, within some seconds, whether or not anybody answers."""
        closing = [engine.dispose() for engine in self._engines.values()]
        if self._broker is not None:
            closing.append(self._broker.close())
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await asyncio.gather(*closing, return_exceptions=True)


async def examine(target: Target, checks: Sequence[Check]) -> list[Result]:
    """Walk through the checks in order; each starts from those it needs. Never raises for what it examines."""
    examination = Examination(target)
    results: dict[str, Result] = {}
    end = asyncio.get_running_loop().time() + TOTAL_SECONDS
    try:
        for check in checks:
            seconds_left = end - asyncio.get_running_loop().time()
            results[check.code] = Result(check, await _look(check, examination, results, seconds_left))
    finally:
        await examination.close()
    return list(results.values())


async def _look(
    check: Check, examination: Examination, before: dict[str, Result], seconds_left: float
) -> Sequence[Finding]:
    for need in check.needs:
        if need in before and before[need].status in {Status.FAILED, Status.SKIPPED}:
            return [found("needs_another", check=need)]
    if seconds_left <= 0:
        return [found("no_time_left")]
    try:
        async with asyncio.timeout(min(CHECK_SECONDS, seconds_left)):
            return await check.look(examination)
    except TimeoutError:
        return [found("timed_out")]
    except Exception as error:  # noqa: BLE001  (the name of its class only: texts quote values)
        return [found("look_failed", error=type(error).__name__)]
