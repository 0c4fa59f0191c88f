from __future__ import annotations

import asyncio
import itertools
from contextlib import AsyncExitStack

import pytest

from unavez_directory.api import turns
from unavez_directory.api.turns import EXPORTS, Turns
from unavez_shared.web.errors import RateLimitedError

PAUSE = 0.05


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PAUSE_SECONDS", PAUSE)


@pytest.mark.parametrize("token", [None, "a"], ids=["strangers together", "each token"])
async def test_two_export_at_once_and_a_third_is_refused_after_a_pause(token: str | None) -> None:
    held = Turns()
    now = asyncio.get_running_loop().time
    async with AsyncExitStack() as reading:
        for _ in range(EXPORTS):
            await reading.enter_async_context(held.exporting(token))
        began = now()
        with pytest.raises(RateLimitedError):
            await reading.enter_async_context(held.exporting(token))
        assert now() - began >= PAUSE
        await reading.enter_async_context(held.exporting("another"))
        await reading.enter_async_context(held.reading_a_page(token))
    async with held.exporting(token):
        pass


async def test_strangers_slices_come_one_by_one_and_rest_three_times_as_long_as_they_took() -> None:
    held = Turns()
    now = asyncio.get_running_loop().time
    worked: list[tuple[float, float]] = []

    async def work() -> None:
        async with held.slice(None):
            began = now()
            await asyncio.sleep(0.01)
            worked.append((began, now()))

    await asyncio.gather(*(work() for _ in range(4)))
    for (began, ended), (following, _) in itertools.pairwise(worked):
        assert following - ended >= 3 * (ended - began) * 0.9


async def test_who_shows_a_token_waits_for_no_turn() -> None:
    held = Turns()
    async with held.slice(None), held.slice("a"):
        pass
