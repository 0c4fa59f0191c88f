"""The one process of a service that does something: it has an advisory lock, on a connection that is nobody else's.

Advisory locks are per database, and each service has its own. The lock belongs to the session: it is free again as soon
as the connection is closed, or the server notices within seconds that the machine at its other end vanished.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

DATABASE_SECONDS: Final = 10
"""A statement that takes longer is not slow, its connection is dead: half-open connections never say so."""
_CLOSE_SECONDS: Final = 2
_KEEPALIVE: Final = {"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3"}
_NO_SETTINGS: Final[Mapping[str, str]] = {}


class Leader:
    """The claim of this process to one lock. For one task at a time."""

    def __init__(self, engine: AsyncEngine, lock: int, settings: Mapping[str, str] = _NO_SETTINGS) -> None:
        """Connect nothing yet. `settings` are those of the session, set with the lock in hand."""
        self._engine = engine
        self._lock = select(func.pg_try_advisory_lock(lock))
        session = {**_KEEPALIVE, **settings}
        # In one round trip: after an outage the loop of a service is full of what waited, and each takes a turn of it.
        self._settings = select(*(func.set_config(name, value, False) for name, value in session.items()))
        self._connection: AsyncConnection | None = None

    @property
    def leads(self) -> bool:
        """Tell whether this process has the lock, as far as it knows."""
        return self._connection is not None

    @property
    def connection(self) -> AsyncConnection:
        """The connection with the lock, in autocommit. Raises `RuntimeError` for who does not lead."""
        if self._connection is None:
            raise RuntimeError("not connected")
        return self._connection

    async def acquire(self) -> bool:
        """Take the lock unless another process has it, in two round trips; tell whether this one has it now.

        Raises whatever the database raises, `TimeoutError` after ten seconds.
        """
        if self._connection is None:
            async with asyncio.timeout(DATABASE_SECONDS):
                self._connection = await self._connect()
        return self._connection is not None

    async def resign(self) -> Exception | None:
        """Close the connection, and the lock with it. Idempotent; returns what went wrong: it was broken already."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await connection.close()
            except Exception as error:  # noqa: BLE001  (closing what is already broken)
                return error
        return None

    async def _connect(self) -> AsyncConnection | None:
        connection = await self._engine.connect()
        try:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            acquired = bool(await connection.scalar(self._lock))
            if acquired:
                await connection.execute(self._settings)
                # Taken out of the pool for good: it is closed, not given back with our lock on it.
                await connection.run_sync(lambda sync: sync.detach())
        except BaseException:
            await connection.invalidate()
            await connection.close()
            raise
        if not acquired:
            await connection.close()
            return None
        return connection
