from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import pytest

from unavez_shared.persistence import shared_commit
from unavez_shared.persistence.shared_commit import LIMIT, WORKERS, SharedCommit

Work = list[str]
trace: ContextVar[str] = ContextVar("trace", default="none")


class Ledger:
    """A database of one list: a transaction's lines are in it after its commit, which takes a turn of the loop."""

    def __init__(self) -> None:
        self.committed: list[Work] = []
        self.rolled_back = 0
        self.may_commit = asyncio.Event()
        self.may_commit.set()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Work]:
        work: Work = []
        try:
            yield work
        except Exception:
            self.rolled_back += 1
            raise
        await self.may_commit.wait()
        self.committed.append(work)


@pytest.fixture
async def ledger() -> Ledger:
    return Ledger()


def write(line: str) -> Callable[[Work], Awaitable[str]]:
    async def command(work: Work) -> str:
        work.append(line)
        return line

    return command


async def fail(_: Work) -> str:
    raise LookupError


async def begun(tasks: list[asyncio.Task[Any]]) -> None:
    """Let every task put its command into the queue."""
    for _ in range(2):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def test_commands_that_come_during_a_commit_share_the_next_one(ledger: Ledger) -> None:
    commits: SharedCommit[Work] = SharedCommit(ledger.transaction)
    ledger.may_commit.clear()
    tasks = [asyncio.create_task(commits.run(write("first")))]
    await begun(tasks)
    tasks += [asyncio.create_task(commits.run(write(str(number)))) for number in range(5)]
    await begun(tasks)
    ledger.may_commit.set()

    assert await asyncio.gather(*tasks) == ["first", "0", "1", "2", "3", "4"]
    assert ledger.committed == [["first"], ["0", "1", "2", "3", "4"]]


async def test_nobody_is_answered_before_the_commit(ledger: Ledger) -> None:
    commits: SharedCommit[Work] = SharedCommit(ledger.transaction)
    ledger.may_commit.clear()
    tasks = [asyncio.create_task(commits.run(write(str(number)))) for number in range(3)]
    for _ in range(20):
        await begun(tasks)
    assert ledger.committed == []
    ledger.may_commit.set()
    assert await asyncio.gather(*tasks) == ["0", "1", "2"]


async def test_a_command_that_fails_fails_alone(ledger: Ledger) -> None:
    commits: SharedCommit[Work] = SharedCommit(ledger.transaction)
    answers = await asyncio.gather(
        *(commits.run(command) for command in (write("a"), fail, write("b"))), return_exceptions=True
    )
    assert (answers[0], type(answers[1]), answers[2]) == ("a", LookupError, "b")
    assert ledger.committed == [["a"], ["b"]]
    assert ledger.rolled_back == 2


async def test_a_transaction_has_a_limit(ledger: Ledger) -> None:
    commits: SharedCommit[Work] = SharedCommit(ledger.transaction)
    await asyncio.gather(*(commits.run(write(str(number))) for number in range(LIMIT + 1)))
    assert sorted(len(work) for work in ledger.committed) == [1, LIMIT]


async def test_a_transaction_that_took_long_takes_no_further_command(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_commit, "TRANSACTION_SECONDS", -1)
    commits: SharedCommit[Work] = SharedCommit(ledger.transaction)
    assert await asyncio.gather(*(commits.run(write(str(number))) for number in range(3))) == ["0", "1", "2"]
    assert ledger.committed == [["0"], ["1"], ["2"]]


async def test_each_command_runs_in_the_context_of_its_caller(ledger: Ledger) -> None:
    commits: SharedCommit[Work] = SharedCommit(ledger.transaction)

    async def caller(name: str) -> None:
        trace.set(name)

        async def command(work: Work) -> None:
            work.append(trace.get())

        await commits.run(command)

    await asyncio.gather(*(asyncio.create_task(caller(name)) for name in ("one", "two")))
    assert ledger.committed == [["one", "two"]]


async def test_a_caller_who_left_disturbs_nobody(ledger: Ledger) -> None:
    commits: SharedCommit[Work] = SharedCommit(ledger.transaction)
    ledger.may_commit.clear()
    leaving, staying = (asyncio.create_task(commits.run(write(name))) for name in ("leaving", "staying"))
    await begun([leaving, staying])
    leaving.cancel()
    ledger.may_commit.set()
    assert await staying == "staying"
    assert await commits.run(write("later")) == "later"


async def test_a_crowd_is_committed_in_several_transactions_at_once(ledger: Ledger) -> None:
    shared: SharedCommit[Work] = SharedCommit(ledger.transaction)
    ledger.may_commit.clear()
    tasks = [asyncio.create_task(shared.run(write(str(number)))) for number in range(LIMIT * (WORKERS + 1))]
    await begun(tasks)
    assert len(shared._tasks) == WORKERS
    ledger.may_commit.set()
    assert await asyncio.gather(*tasks) == [str(number) for number in range(len(tasks))]
    assert sorted(line for work in ledger.committed for line in work) == sorted(map(str, range(len(tasks))))


async def test_who_waited_too_long_is_refused_with_nothing_done(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_commit, "PATIENCE_SECONDS", -1)
    shared: SharedCommit[Work] = SharedCommit(ledger.transaction)
    with pytest.raises(TimeoutError):
        await shared.run(write("late"))
    assert ledger.committed == []
    monkeypatch.undo()
    assert await shared.run(write("again")) == "again"
