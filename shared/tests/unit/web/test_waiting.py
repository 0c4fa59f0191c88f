from __future__ import annotations

import asyncio
from collections.abc import Collection
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import OperationalError

from unavez_shared.loops import Signal
from unavez_shared.web import waiting
from unavez_shared.web.errors import RateLimitedError
from unavez_shared.web.waiting import WAITS, Arrivals

ID = UUID(int=1)
LONG = 60.0
"""Seconds; no test waits so long."""


class Place:
    """Where things arrive: what is there, what of it is the caller's, and how often somebody looked."""

    def __init__(self) -> None:
        self.wake, self.stopping = Signal(), asyncio.Event()
        self.there: set[UUID] = set()
        self.mine: set[UUID] = set()
        self.looks: list[int] = []
        self.checks = 0
        self.away = False
        self.under_way = self.most_under_way = 0
        self.arrivals = Arrivals(self._known, wake=self.wake, stopping=self.stopping)

    async def _known(self, awaited: Collection[UUID]) -> Collection[UUID]:
        self.looks.append(len(awaited))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if self.away:
            raise OperationalError("SELECT", {}, Exception("away"))
        return self.there & set(awaited)

    async def wait(self, awaited: UUID = ID, *, token: str = "a", seconds: float = LONG) -> str | None:
        async def check() -> str | None:
            self.checks += 1
            return "found" if awaited in self.mine else None

        return await self.arrivals.wait_for(awaited, check, token=token, seconds=seconds)

    def arrive(self, one: UUID = ID, *, mine: bool = True) -> None:
        self.there.add(one)
        if mine:
            self.mine.add(one)
        self.wake.send()

    async def looked(self, times: int) -> None:
        async with asyncio.timeout(5):
            while len(self.looks) < times:  # noqa: ASYNC110  (the look is the product's)
                await asyncio.sleep(0.001)


@pytest.fixture
async def place() -> Place:
    return Place()


async def test_what_is_there_is_returned_at_once_without_a_look(place: Place) -> None:
    place.arrive()
    assert await place.wait(seconds=0) == "found"
    assert await place.wait() == "found"
    assert not place.looks


async def test_a_wait_is_woken_long_before_anybody_would_look_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_LOOK_SECONDS", LONG)
    waits = asyncio.create_task(place.wait())
    await place.looked(1)
    place.arrive()
    assert await asyncio.wait_for(waits, 5) == "found"


async def test_what_another_replica_wrote_is_seen_without_being_woken(place: Place) -> None:
    waits = asyncio.create_task(place.wait())
    await place.looked(1)
    place.there.add(ID)
    place.mine.add(ID)
    assert await asyncio.wait_for(waits, 5) == "found"


async def test_a_wait_ends_with_nothing_after_its_time(place: Place) -> None:
    began = asyncio.get_running_loop().time()
    assert await place.wait(seconds=0.1) is None
    assert asyncio.get_running_loop().time() - began >= 0.1


async def test_what_is_somebody_elses_is_waited_for_as_long_as_what_is_not_there(place: Place) -> None:
    place.arrive(mine=False)
    began = asyncio.get_running_loop().time()
    assert await place.wait(seconds=0.1) is None
    assert asyncio.get_running_loop().time() - began >= 0.1


async def test_every_wait_ends_when_the_process_stops(place: Place) -> None:
    place.arrive(mine=False)
    waits = [asyncio.create_task(place.wait(one)) for one in (ID, uuid4())]
    await place.looked(1)
    place.stopping.set()
    assert await asyncio.wait_for(asyncio.gather(*waits), 5) == [None, None]


async def test_thousands_who_wait_share_one_look_and_each_asks_twice(place: Place) -> None:
    tokens = [f"token {number}" for number in range(125)]
    waits = [asyncio.create_task(place.wait(uuid4(), token=token, seconds=1)) for token in tokens for _ in range(WAITS)]
    assert await asyncio.gather(*waits) == [None] * 2_500
    assert place.most_under_way == 1
    assert max(place.looks) == 2_500
    assert len(place.looks) <= 12  # ten a second, not ten a second for each
    assert place.checks == 2 * 2_500


async def test_twenty_wait_at_once_with_one_token_and_one_more_is_refused_whatever_it_waits_for(place: Place) -> None:
    foreign = uuid4()
    place.arrive(foreign, mine=False)
    waits = [asyncio.create_task(place.wait(uuid4())) for _ in range(WAITS)]
    await place.looked(1)
    for one in (uuid4(), foreign):
        with pytest.raises(RateLimitedError):
            await place.wait(one)
    place.arrive()
    assert await place.wait() == "found"  # who need not wait is served
    other = asyncio.create_task(place.wait(uuid4(), token="b"))
    waits.append(other)
    await asyncio.sleep(0)
    assert not other.done()
    place.stopping.set()
    await asyncio.gather(*waits)
    assert not place.arrivals._awaited
    assert await place.wait(uuid4(), seconds=0.01) is None  # and whose waits are over waits again


async def test_while_the_database_is_away_nobody_is_answered_and_everybody_afterwards(place: Place) -> None:
    place.away = True
    waits = asyncio.create_task(place.wait())
    await place.looked(2)
    place.away = False
    place.arrive()
    assert await asyncio.wait_for(waits, 5) == "found"
