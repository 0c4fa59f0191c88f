"""The one way in: 404, then 403, then 422, then the command; one transaction, committed before the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import (
    ConflictError,
    Fault,
    InvalidInputError,
    NotYoursError,
    Refused,
    WrongRoleError,
)
from unavez_shared.web.auth import RecordCaller
from unavez_shared.web.gate import enter, nothing, there

AGENCY = RecordCaller(Actor("A-1", Role.AGENCY, UUID(int=1)), frozenset({Role.AGENCY}))
STRANGER = RecordCaller(Actor("CW-12", Role.FRONTLINE, UUID(int=1)), frozenset({Role.AGENCY}))


class Ledger:
    """Transactions that keep a diary."""

    def __init__(self) -> None:
        self.diary: list[str] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Ledger]:
        self.diary.append("begin")
        try:
            yield self
        except BaseException:
            self.diary.append("rollback")
            raise
        self.diary.append("commit")


def found(record: str | None) -> Callable[[Ledger], Any]:
    async def find(work: Ledger) -> str | None:
        work.diary.append("find")
        return record

    return find


def read_badly() -> None:
    raise InvalidInputError([Fault("/available", "required")])


async def command(record: str, body: Any, work: Ledger) -> str:
    work.diary.append("command")
    return f"{record} {body}"


async def test_a_record_is_found_once_and_the_answer_comes_after_commit() -> None:
    ledger = Ledger()
    done = await enter(AGENCY, ledger.transaction, find=found("record"), read=lambda: "body", command=command)
    assert done == "record body"
    assert ledger.diary == ["begin", "find", "command", "commit"]


@pytest.mark.parametrize(
    ("caller", "record", "raised"),
    [(STRANGER, None, NotYoursError), (STRANGER, "record", WrongRoleError), (AGENCY, "record", InvalidInputError)],
)
async def test_404_comes_before_403_and_403_before_422(
    caller: RecordCaller, record: str | None, raised: type[Exception]
) -> None:
    ledger = Ledger()
    with pytest.raises(raised):
        await enter(caller, ledger.transaction, find=found(record), read=read_badly, command=command)
    assert ledger.diary == ["begin", "find", "rollback"]


async def test_a_refusal_that_stays_on_record_is_committed_before_it_is_raised() -> None:
    ledger = Ledger()

    async def refuse(_record: str, _body: None, work: Ledger) -> Refused:
        work.diary.append("audit row")
        return Refused(ConflictError(Conflict.NO_HOUSE_FITS))

    with pytest.raises(ConflictError):
        await enter(AGENCY, ledger.transaction, find=found("record"), read=nothing, command=refuse)
    assert ledger.diary == ["begin", "find", "audit row", "commit"]


async def test_who_waits_looks_again_while_nothing_is_there_and_hears_every_other_refusal_at_once() -> None:
    ledger = Ledger()

    async def enter_with(caller: RecordCaller, record: str | None) -> str:
        return await enter(caller, ledger.transaction, find=found(record), read=nothing, command=command)

    assert await there(lambda: enter_with(AGENCY, None)) is None
    assert await there(lambda: enter_with(AGENCY, "record")) == "record None"
    with pytest.raises(WrongRoleError):
        await there(lambda: enter_with(STRANGER, "record"))
