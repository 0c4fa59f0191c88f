from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from unavez_shared.contracts.services import Service
from unavez_shared.messaging import microbatch
from unavez_shared.messaging.bus import BatchHandler, Message, Outcome
from unavez_shared.messaging.microbatch import LIMIT, MicroBatcher, Settle
from unavez_shared.observability.metrics import REGISTRY


def message(number: int) -> Message:
    return Message(str(number), "case.registered.v1", b"")


async def ignore(_: Sequence[Message], __: Sequence[Outcome]) -> None:
    return None


def batcher_of(handle: BatchHandler, settle: Settle[Message] = ignore) -> MicroBatcher[Message]:
    return MicroBatcher(Service.NOTIFIER, handle, lambda item: item, settle)


def refusing(asked: asyncio.Event) -> BatchHandler:
    """Return the handler of a service whose database is away."""

    async def handle(_: Sequence[Message]) -> Sequence[Outcome]:
        asked.set()
        raise ConnectionError

    return handle


async def test_batches_keep_the_order_and_never_exceed_the_limit() -> None:
    batches: list[list[str]] = []
    done = asyncio.Event()

    async def handle(messages: Sequence[Message]) -> Sequence[Outcome]:
        batches.append([item.message_id for item in messages])
        if sum(map(len, batches)) == 120:
            done.set()
        return [Outcome.DONE] * len(messages)

    batcher = batcher_of(handle)
    for number in range(120):
        batcher.put(message(number))
    batcher.start()
    await asyncio.wait_for(done.wait(), 5)
    await batcher.stop()
    assert [item for batch in batches for item in batch] == [str(number) for number in range(120)]
    assert max(map(len, batches)) == LIMIT


async def test_a_batch_that_waits_for_more_goes_when_nothing_more_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(microbatch, "WINDOW_SECONDS", 3600)
    handled: asyncio.Queue[int] = asyncio.Queue()

    async def handle(messages: Sequence[Message]) -> Sequence[Outcome]:
        handled.put_nowait(len(messages))
        return [Outcome.DONE] * len(messages)

    batcher = batcher_of(handle)
    batcher.start()
    for numbers in ((1, 2), (3,)):  # after a batch of two it waits for company
        for number in numbers:
            batcher.put(message(number))
        assert await asyncio.wait_for(handled.get(), 5) == len(numbers)
    await batcher.stop()


def shown(name: str) -> float:
    return REGISTRY.get_sample_value(f"unavez_inbox_{name}", {"service": "notifier"}) or 0


async def test_a_consumer_that_waits_for_its_database_is_paused_until_its_batch_succeeds() -> None:
    before, pausing, go_on, done = shown("pauses_total"), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def handle(messages: Sequence[Message]) -> Sequence[Outcome]:
        if not pausing.is_set():
            pausing.set()
            raise ConnectionError
        await go_on.wait()
        return [Outcome.DONE] * len(messages)

    async def settle(_: Sequence[Message], __: Sequence[Outcome]) -> None:
        done.set()

    batcher = batcher_of(handle, settle)
    batcher.put(message(1))
    batcher.start()
    await asyncio.wait_for(pausing.wait(), 5)
    await asyncio.sleep(0)
    assert shown("paused") == 1
    go_on.set()
    await asyncio.wait_for(done.wait(), 5)
    assert (shown("paused"), shown("pauses_total")) == (0, before + 1)
    await batcher.stop()


async def test_a_consumer_that_ended_while_it_was_paused_is_paused_no_more() -> None:
    """With two replicas the other one goes on: no batch comes here any more that could say so."""
    asked = asyncio.Event()
    batcher = batcher_of(refusing(asked))
    batcher.put(message(1))
    batcher.start()
    await asyncio.wait_for(asked.wait(), 5)
    await asyncio.sleep(0)
    assert shown("paused") == 1
    await batcher.stop()
    assert shown("paused") == 0


async def test_paused_consumer_gives_back_everything_in_order_when_stopped() -> None:
    asked = asyncio.Event()
    batcher = batcher_of(refusing(asked))
    for number in range(60):
        batcher.put(message(number))
    batcher.start()
    await asyncio.wait_for(asked.wait(), 5)
    left = await batcher.stop()
    assert [item.message_id for item in left] == [str(number) for number in range(60)]


async def test_same_messages_are_presented_again_after_a_failure() -> None:
    seen: list[list[str]] = []
    done = asyncio.Event()

    async def handle(messages: Sequence[Message]) -> Sequence[Outcome]:
        seen.append([item.message_id for item in messages])
        if len(seen) == 1:
            raise ConnectionError
        done.set()
        return [Outcome.DONE] * len(messages)

    batcher = batcher_of(handle)
    batcher.put(message(1))
    batcher.start()
    await asyncio.wait_for(done.wait(), 5)
    await batcher.stop()
    assert seen == [["1"], ["1"]]


async def test_failed_settling_ends_the_consumer() -> None:
    async def handle(messages: Sequence[Message]) -> Sequence[Outcome]:
        return [Outcome.DONE] * len(messages)

    async def settle(_: Sequence[Message], __: Sequence[Outcome]) -> None:
        raise ConnectionError

    batcher = batcher_of(handle, settle)
    batcher.put(message(1))
    batcher.start()
    assert batcher._task is not None
    await asyncio.wait_for(batcher._task, 5)
    assert batcher.ended
