from __future__ import annotations

import asyncio

import pytest

from unavez_shared.loops import Signal, repeat, wait_or_stop

LONG = 3600.0
"""Seconds; no test waits so long."""


class Time:
    """A clock in the test's hand: pauses pass at once and are written down."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self.pauses: list[float] = []
        self.failures: list[str] = []

    async def pause(self, stopping: asyncio.Event, seconds: float) -> None:
        assert stopping is self.stopping
        self.pauses.append(seconds)

    def failed(self, error: Exception) -> float:
        self.failures.append(type(error).__name__)
        return 7.0

    async def run(self, *rounds: float | Exception | None) -> int:
        """Run a loop of these rounds, which stops in the last; return how many there were."""
        left, made = list(rounds), 0

        async def one() -> float | None:
            nonlocal made
            made += 1
            now = left.pop(0)
            if not left:
                self.stopping.set()
            if isinstance(now, Exception):
                raise now
            return now

        await repeat(one, self.stopping, failed=self.failed, pause=self.pause)
        return made


async def test_a_round_says_when_the_next_one_is_due() -> None:
    time = Time()
    assert await time.run(2.0, 0.0, 0.5, 1.0) == 4
    assert time.pauses == [2.0, 0.5, 1.0]


async def test_a_loop_whose_work_is_done_is_over() -> None:
    time = Time()
    assert await time.run(1.0, None, 1.0) == 2
    assert time.pauses == [1.0]
    assert not time.stopping.is_set()


async def test_a_loop_outlives_every_error_and_pauses_as_long_as_is_asked() -> None:
    time = Time()
    assert await time.run(OSError(), TimeoutError(), ValueError(), 1.0) == 4
    assert time.failures == ["OSError", "TimeoutError", "ValueError"]
    assert time.pauses == [7.0, 7.0, 7.0, 1.0]


async def test_cancelling_ends_a_loop_in_the_middle_of_a_round() -> None:
    begun = asyncio.Event()

    async def forever() -> float:
        begun.set()
        await asyncio.Event().wait()
        return 0.0

    task = asyncio.create_task(repeat(forever, asyncio.Event(), failed=lambda _: 0.0, wake=Signal()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == {asyncio.current_task()}, "nothing of the loop is left"


async def test_a_loop_that_never_waits_lets_others_run() -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().call_soon(stopping.set)

    async def busy() -> float:
        return 0.0

    async with asyncio.timeout(5):
        await repeat(busy, stopping, failed=lambda _: 0.0)


async def test_a_signal_ends_the_pause_after_a_round() -> None:
    rounds, stopping, signal = 0, asyncio.Event(), Signal()

    async def one() -> float:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            asyncio.get_running_loop().call_soon(signal.send)
        else:
            stopping.set()
        return LONG

    async with asyncio.timeout(5):
        await repeat(one, stopping, failed=lambda _: LONG, wake=signal)
    assert rounds == 2


@pytest.mark.parametrize("wake", [None, Signal])
async def test_stopping_ends_any_pause(wake: type[Signal] | None) -> None:
    stopping = asyncio.Event()
    rounds = 0

    async def one() -> float:
        nonlocal rounds
        rounds += 1
        asyncio.get_running_loop().call_soon(stopping.set)
        if wake is None:
            raise OSError
        return LONG

    async with asyncio.timeout(5):
        await repeat(one, stopping, failed=lambda _: LONG, wake=wake() if wake else None)
    assert rounds == 1


async def test_a_signal_does_not_shorten_the_pause_after_an_error() -> None:
    time, signal = Time(), Signal()
    rounds = 0

    async def one() -> float:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            time.stopping.set()
        signal.send()
        raise OSError

    await repeat(one, time.stopping, failed=time.failed, wake=signal, pause=time.pause)
    assert time.pauses == [7.0] * 3


async def test_a_signal_that_was_sent_before_the_round_is_forgotten_and_one_during_it_is_not() -> None:
    signal = Signal()
    signal.send()
    seen: list[bool] = []
    stopping = asyncio.Event()

    async def one() -> float:
        seen.append(await signal.wait(0))
        signal.send()
        if len(seen) == 2:
            stopping.set()
        return LONG

    async with asyncio.timeout(5):
        await repeat(one, stopping, failed=lambda _: LONG, wake=signal)
    assert seen == [False, False]


async def test_who_waits_longer_than_the_time_learns_that_nothing_was_sent() -> None:
    signal = Signal()
    assert not await signal.wait(0)
    signal.send()
    assert await signal.wait()
    await wait_or_stop(asyncio.Event(), 0)
