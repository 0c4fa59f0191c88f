from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.persistence.database import create_engine
from unavez_shared.persistence.pulse import Pulse
from unavez_shared.testing.ports import free_port

_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
"""Connections to the test's database: the pulse's, as the engine has one."""


@pytest.fixture
async def pulse(engine: AsyncEngine) -> AsyncIterator[Pulse]:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    pulse = Pulse(create_engine(url, str(engine.url.database), pool_size=1))
    yield pulse
    await pulse.close()


async def test_the_pulse_beats_while_others_hold_every_connection_of_the_pool(
    engine: AsyncEngine, pulse: Pulse
) -> None:
    async with AsyncExitStack() as held:
        for _ in range(20):
            await held.enter_async_context(engine.connect())
        engine.pool._timeout = 0.01  # type: ignore[attr-defined]
        with pytest.raises(PoolTimeoutError):
            await engine.connect()
        assert await pulse.beats()


async def test_a_thousand_who_ask_at_once_are_one_question_on_one_connection(engine: AsyncEngine, pulse: Pulse) -> None:
    assert await asyncio.gather(*(pulse.beats() for _ in range(1_000))) == [True] * 1_000
    async with engine.connect() as connection:
        assert await connection.scalar(text(f"SELECT count(*) {_OTHERS}")) == 1


async def test_a_connection_that_died_unseen_is_no_sign_of_a_dead_database(engine: AsyncEngine, pulse: Pulse) -> None:
    assert await pulse.beats()
    async with engine.connect() as connection:
        assert await connection.scalar(text(f"SELECT pg_terminate_backend(pid) {_OTHERS}"))
    assert await pulse.beats()


async def test_no_database_no_pulse() -> None:
    pulse = Pulse(create_engine(f"postgresql://nobody@127.0.0.1:{free_port()}", "none", pool_size=1))
    assert not await pulse.beats()
    await pulse.close()
