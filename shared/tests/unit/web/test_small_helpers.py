from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unavez_shared.contracts.errors import InvalidInputError
from unavez_shared.web.pagination import decode_cursor, encode_cursor
from unavez_shared.web.waiting import Wake, wait_until

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
ID = UUID("00000000-0000-4000-8000-000000000001")


def test_cursor_comes_back_as_it_went() -> None:
    assert decode_cursor(encode_cursor(MOMENT, ID, 7, "a"), (datetime, UUID, int, str)) == (MOMENT, ID, 7, "a")


@given(st.text() | st.binary().map(lambda raw: raw.hex()))
def test_any_other_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        decode_cursor(text, (datetime, UUID))


@pytest.mark.parametrize("wrong", [encode_cursor(1), encode_cursor("x", ID), encode_cursor(MOMENT, ID, 1)])
def test_cursor_of_another_list_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInputError):
        decode_cursor(wrong, (datetime, UUID))


async def test_wait_returns_what_is_there_at_once() -> None:
    async def check() -> int | None:
        return 1

    assert await wait_until(check, timeout_seconds=0, stopping=asyncio.Event()) == 1


async def test_wait_is_woken_long_before_it_would_look_again() -> None:
    wake = Wake()
    found: list[int] = []

    async def check() -> int | None:
        return found[0] if found else None

    waiting = asyncio.create_task(
        wait_until(check, timeout_seconds=60, stopping=asyncio.Event(), wake=wake, interval=60)
    )
    await asyncio.sleep(0)
    found.append(5)
    wake.notify()
    assert await asyncio.wait_for(waiting, 5) == 5
    assert not wake._waiters


async def test_wait_ends_with_nothing_after_its_time() -> None:
    async def check() -> int | None:
        return None

    began = asyncio.get_running_loop().time()
    assert await wait_until(check, timeout_seconds=0.1, stopping=asyncio.Event()) is None
    assert asyncio.get_running_loop().time() - began >= 0.1


async def test_wait_ends_when_the_process_stops() -> None:
    async def check() -> int | None:
        return None

    stopping = asyncio.Event()
    waiting = asyncio.create_task(wait_until(check, timeout_seconds=60, stopping=stopping, interval=60))
    await asyncio.sleep(0)
    stopping.set()
    assert await asyncio.wait_for(waiting, 5) is None
