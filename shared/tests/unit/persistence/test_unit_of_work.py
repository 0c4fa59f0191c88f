from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any, cast
from uuid import uuid4

from unavez_shared.clock import SystemClock
from unavez_shared.contracts.events import CASE_REGISTERED
from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.event import Event
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.testing.messaging import PlainCodec, case_state

EVENTS = 120


class CountingCodec(PlainCodec):
    sealed = 0

    def encode(self, event: Event[Any]) -> Message:
        self.sealed += 1
        return super().encode(event)


class Connection:
    written: tuple[str, ...] = ()

    async def execute(self, _: Any, parameters: dict[str, Any]) -> None:
        self.written = tuple(parameters["message_id"])


async def test_sealing_many_events_lets_others_have_a_turn_and_keeps_their_order() -> None:
    connection, codec = Connection(), CountingCodec()
    work = UnitOfWork(cast("Any", connection), codec, SystemClock())
    for _ in range(EVENTS):
        case_id = uuid4()
        work.emit(CASE_REGISTERED, subject=case_id, sequence=1, data=case_state(case_id))
    flushing, seen = asyncio.ensure_future(work.flush()), []
    while not flushing.done():
        seen.append(codec.sealed)
        await asyncio.sleep(0)

    assert await flushing
    assert max(after - before for before, after in pairwise(seen)) < EVENTS / 2
    assert connection.written == tuple(str(event.id) for event in work._events)
