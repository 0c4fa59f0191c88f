"""Whether the database answers, asked on a connection of its own: who fills the pool makes no service look ill."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.messaging.transient import DATABASE_ERRORS

_SECONDS = 2


class Pulse:
    """Asks one database; who asks while a question is under way has its answer."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        """Of one connection, and nobody else's."""
        self._question: asyncio.Task[bool] | None = None

    async def beats(self) -> bool:
        """Tell whether the database answered within two seconds."""
        if self._question is None or self._question.done():
            self._question = asyncio.create_task(self._ask(), name="persistence:pulse")
        return await asyncio.shield(self._question)

    async def close(self) -> None:
        """Close the connection."""
        await self._engine.dispose()

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(_SECONDS):
                # The connection may have died unseen since it was used last: that says nothing about the database.
                return await self._answers() or await self._answers()
        except TimeoutError:
            return False

    async def _answers(self) -> bool:
        try:
            async with self._engine.connect() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except DATABASE_ERRORS:
            return False
        return True
