"""Outbox rows the broker has confirmed await the receipts of their hearers; what got lost in between is said again.

A broker's confirm is the broker's promise: a queue deleted or purged, a broker that comes back without its disk,
take what was confirmed with them. So a row is deleted when every hearer has settled it, as on the embedded bus. Until
then it is marked (`sent_at`, `awaits`) and out of the relay's sight; a mark that nobody clears although the hearer's
queue is empty is taken away, and the relay says the event again. Whoever had it knows its id (ADR 17).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from sqlalchemy import BigInteger, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.contracts.events import CATALOGUE
from unavez_shared.contracts.services import Service
from unavez_shared.loops import repeat
from unavez_shared.messaging.bus import Bus
from unavez_shared.messaging.topology import hearers_of
from unavez_shared.observability.log import logger

log = logger(__name__)

OVERDUE_SECONDS = 10.0
"""A row without a receipt for so long, in front of an empty queue, is lost. Hearers answer in half a second."""
_LOOK_SECONDS = 2.0
_RETRIES_SECONDS = (0.1, 0.5, 2.0)
"""Pauses before a receipt that could not be noted is tried again; after that the repetition makes it good."""

_HEARD = {event.name: ",".join(sorted(event.consumers)) for event in CATALOGUE.values()}
_heard = (
    bindparam("names", list(_HEARD), type_=ARRAY(Text)),
    bindparam("hearers", list(_HEARD.values()), type_=ARRAY(Text)),
)
_ids = bindparam("ids", type_=ARRAY(Text))

AWAIT_RECEIPTS = text(
    """
    WITH unheard AS (DELETE FROM outbox WHERE id = ANY(:row_ids) AND routing_key <> ALL(:names))
    UPDATE outbox SET sent_at = now(), awaits = coalesce(awaits, string_to_array(heard.hearers, ','))
    FROM unnest(:names, :hearers) AS heard(name, hearers)
    WHERE id = ANY(:row_ids) AND heard.name = routing_key
    """
).bindparams(bindparam("row_ids", type_=ARRAY(BigInteger)), *_heard)
"""Mark confirmed rows. What the catalogue gives no hearer has nobody to wait for."""

_LAST_HEARER = text("DELETE FROM outbox WHERE message_id = ANY(:ids) AND awaits = ARRAY[:hearer]").bindparams(_ids)
_ONE_HEARER_LESS = text(
    """
    UPDATE outbox SET awaits = array_remove(coalesce(awaits, string_to_array(heard.hearers, ',')), :hearer)
    FROM unnest(:names, :hearers) AS heard(name, hearers)
    WHERE message_id = ANY(:ids) AND heard.name = routing_key AND (awaits IS NULL OR :hearer = ANY(awaits))
    """
).bindparams(_ids, *_heard)
"""A hearer may be faster than the broker's confirm: then its receipt is the first to say whom the row awaits."""
_NOBODY_LEFT = text("DELETE FROM outbox WHERE message_id = ANY(:ids) AND awaits = '{}'").bindparams(_ids)

_IS_OVERDUE = text(
    """
    SELECT EXISTS (SELECT FROM outbox WHERE sent_at < now() - make_interval(secs => :seconds) AND :hearer = ANY(awaits))
    """
)
_SAY_AGAIN = text(
    """
    UPDATE outbox SET sent_at = NULL
    WHERE sent_at < now() - make_interval(secs => :seconds) AND :hearer = ANY(awaits)
    """
)


class Awaited:
    """What one service said and not every hearer has settled yet."""

    def __init__(self, engine: AsyncEngine, service: Service) -> None:
        self._engine = engine
        self._service = service

    async def settled(self, hearer: Service, message_ids: Sequence[str]) -> None:
        """A hearer has these: delete the rows that awaited nobody else. Raises when the database is away for long."""
        for pause in _RETRIES_SECONDS:
            try:
                return await self._settled(hearer, message_ids)
            except Exception as error:  # noqa: BLE001  (its session was ended: try on another one)
                log.info("receipt_postponed", service=self._service.value, error=type(error).__name__)
            await asyncio.sleep(pause)
        return await self._settled(hearer, message_ids)

    async def _settled(self, hearer: Service, message_ids: Sequence[str]) -> None:
        receipt = {"hearer": hearer.value, "ids": list(message_ids)}
        async with self._engine.begin() as connection:
            await connection.execute(_LAST_HEARER, receipt)
            if (await connection.execute(_ONE_HEARER_LESS, receipt)).rowcount:
                await connection.execute(_NOBODY_LEFT, {"ids": receipt["ids"]})

    async def watch(self, bus: Bus, stopping: asyncio.Event) -> None:
        """Have said again what was lost, until `stopping` is set. Safe in every replica at once."""
        await bus.hear_receipts(self.settled)
        await repeat(partial(self._look, bus), stopping, failed=self._not_watched)

    async def _look(self, bus: Bus) -> float:
        for hearer in sorted(hearers_of(self._service)):
            # What stands in the queue is late, not lost; while there is no queue nobody could take it.
            if await self._is_overdue(hearer) and await bus.count_waiting(hearer) == 0:
                count = await self._say_again(hearer)
                log.warning("messages_repeated", service=self._service.value, hearer=hearer.value, count=count)
        return _until_next_look()

    def _not_watched(self, error: Exception) -> float:
        """Database or broker are away: look again later."""
        log.info("receipts_not_watched", service=self._service.value, error=type(error).__name__)
        return _until_next_look()

    async def _is_overdue(self, hearer: Service) -> bool:
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(_IS_OVERDUE, _overdue(hearer)))

    async def _say_again(self, hearer: Service) -> int:
        async with self._engine.begin() as connection:
            return (await connection.execute(_SAY_AGAIN, _overdue(hearer))).rowcount


def _until_next_look() -> float:
    return min(_LOOK_SECONDS, OVERDUE_SECONDS)


def _overdue(hearer: Service) -> dict[str, str | float]:
    return {"hearer": hearer.value, "seconds": OVERDUE_SECONDS}
