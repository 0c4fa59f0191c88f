from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from unavez_shared.persistence import leader as module
from unavez_shared.persistence.leader import Leader

LOCK = 0x756E_6176


class Session:
    """One connection to a database in which others may have the lock; it counts round trips."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.trips: list[str] = []
        self.is_autocommit = self.is_pooled = False
        self.ended: list[str] = []

    async def execution_options(self, *, isolation_level: str) -> None:
        self.is_autocommit = isolation_level == "AUTOCOMMIT"

    async def scalar(self, statement: Any) -> bool:
        self.trips.append(str(statement))
        await self.place.answer()
        return self.place.is_free

    async def execute(self, statement: Any) -> None:
        self.trips.append(str(statement))
        self.place.settings = statement.compile().params

    async def run_sync(self, call: Callable[[Any], None]) -> None:
        call(self)

    def detach(self) -> None:
        self.is_pooled = False

    async def invalidate(self) -> None:
        self.ended.append("invalidated")

    async def close(self) -> None:
        self.ended.append("closed")
        if self.place.is_broken:
            raise ConnectionResetError


class Place:
    """An engine."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.is_free = True
        self.is_broken = self.hangs = False
        self.settings: dict[str, Any] = {}

    async def connect(self) -> Session:
        self.sessions.append(Session(self))
        return self.sessions[-1]

    async def answer(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.is_broken:
            raise ConnectionResetError

    def leader(self) -> Leader:
        return Leader(cast("Any", self), LOCK, {"enable_sort": "off"})


async def test_the_lock_is_taken_in_two_round_trips_on_a_connection_out_of_the_pool() -> None:
    place = Place()
    leader = place.leader()
    assert not leader.leads
    assert await leader.acquire()
    assert await leader.acquire(), "who has it asks nobody"
    (session,) = place.sessions
    assert ["pg_try_advisory_lock" in session.trips[0], "set_config" in session.trips[1]] == [True, True]
    assert len(session.trips) == 2
    assert session.is_autocommit
    assert not session.is_pooled
    assert cast("Any", leader.connection) is session
    assert {"enable_sort", "off", "tcp_keepalives_idle"} <= set(place.settings.values())


async def test_while_another_process_has_the_lock_the_connection_goes_back() -> None:
    place = Place()
    place.is_free = False
    leader = place.leader()
    assert not await leader.acquire()
    assert not leader.leads
    assert place.sessions[0].ended == ["closed"]
    with pytest.raises(RuntimeError):
        _ = leader.connection
    place.is_free = True
    assert await leader.acquire(), "it is asked for again"


async def test_a_connection_that_breaks_on_the_way_is_thrown_away() -> None:
    place = Place()
    place.is_broken = True
    leader = place.leader()
    with pytest.raises(ConnectionResetError):
        await leader.acquire()
    assert place.sessions[0].ended[0] == "invalidated"
    assert not leader.leads


async def test_a_database_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DATABASE_SECONDS", 0)
    place = Place()
    place.hangs = True
    with pytest.raises(TimeoutError):
        await place.leader().acquire()
    assert place.sessions[0].ended[0] == "invalidated"


async def test_resigning_closes_the_session_and_with_it_the_lock_and_never_raises() -> None:
    place = Place()
    leader = place.leader()
    assert await leader.resign() is None, "there was nothing"
    await leader.acquire()
    place.is_broken = True
    assert isinstance(await leader.resign(), ConnectionResetError)
    assert place.sessions[0].ended == ["closed"]
    assert not leader.leads
    assert await leader.resign() is None
