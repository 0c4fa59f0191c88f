"""Intakes while strangers do their worst: one process, asked quietly and in a crowd."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from benchmarks.cases import KINDS, Cases
from benchmarks.load import Target, percentile
from benchmarks.scale import Scale
from benchmarks.stage import Stage
from unavez_shared.contracts.actor import Role
from unavez_shared.testing.ports import free_port
from unavez_tests.world import World, start_one_process

PER_SECOND = 5
READERS = 16
HALF_SENT = 1_000

_EXPORT = b"GET /directory/services?format=ndjson&full=true HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
_HALF = b"POST /intake/v1/intakes HTTP/1.1\r\nHost: x\r\nContent-Le"
_HEADER = b"GET / HTTP/1.1\r\nX-Endless: "
_WARM_UP = 40
_SETTLE_SECONDS = 2
_BACKLOG = 50
"""Connections opened at once: not more than the machine's queue of new ones holds."""


async def run(stage: Stage, scale: Scale) -> tuple[float, float]:
    """Return the 95th percentile of an intake in the crowd and, before it, alone; milliseconds."""
    folder = stage.folder / "crowd"
    folder.mkdir()
    world = await asyncio.to_thread(start_one_process, folder / "data", free_port())
    try:
        url = world.url("/intake/v1/intakes")
        target = Target(url, world.headers(Role.FRONTLINE, stage.frontline_organization), 201)
        await target.closed(Cases().mixed(_WARM_UP), connections=1)
        quiet = await _asked(target, scale)
        async with _crowd(int(url.split("/")[2].rpartition(":")[2])):
            await asyncio.sleep(_SETTLE_SECONDS)
            crowded = await _asked(target, scale)
    finally:
        await asyncio.to_thread(_stop, world)
    return crowded, quiet


async def _asked(target: Target, scale: Scale) -> float:
    cases, kinds = Cases(), itertools.cycle(KINDS)
    answers = await target.at_rate(lambda: cases.body(next(kinds)), per_second=PER_SECOND, seconds=scale.crowd_seconds)
    return 1000 * percentile(answers.seconds, 0.95)


@asynccontextmanager
async def _crowd(port: int) -> AsyncIterator[None]:
    """Whoever is turned away comes back at once."""
    opening = asyncio.Semaphore(_BACKLOG)

    async def again(act: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
        while True:
            with suppress(OSError):
                async with opening:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    await act(reader, writer)
                finally:
                    writer.transport.abort()

    strangers = [again(_read_everything) for _ in range(READERS)]
    strangers += [again(_half_send) for _ in range(HALF_SENT)]
    strangers += [again(_send_endless_header)]
    tasks = [asyncio.create_task(stranger) for stranger in strangers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read_everything(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_EXPORT)
    while await reader.read(1 << 18):
        continue


async def _half_send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_HALF)
    await reader.read()


async def _send_endless_header(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_HEADER)
    while True:
        writer.write(b"a" * (1 << 16))
        await writer.drain()


def _stop(world: World) -> None:
    world.stop(60)
