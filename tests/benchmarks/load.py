"""Load from one event loop: closed (so many connections, each asks again when it was answered) and open (a rate)."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.http import Connection, head


@dataclass
class Answers:
    """What came back: seconds each answer took, and the moments of the first request and the last answer."""

    seconds: list[float] = field(default_factory=list)
    begun: float = 0.0
    ended: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.seconds) / (self.ended - self.begun)


class Target:
    """One URL with its headers."""

    def __init__(self, url: str, headers: Mapping[str, str], expected: int) -> None:
        self._url = url
        self._headers = {"Content-Type": "application/json", **headers}
        self._expected = expected
        self._port = int(url.split("/")[2].rpartition(":")[2])

    async def connect(self) -> Connection:
        return await Connection.open("127.0.0.1", self._port)

    async def ask(self, connection: Connection, body: bytes) -> bytes:
        """POST one body. Raises RuntimeError for any answer but the expected one."""
        status, answer = await connection.send(head("POST", self._url, len(body), self._headers) + body)
        if status != self._expected:
            raise RuntimeError(f"{self._url} answered {status}: {answer[:300]!r}")
        return answer

    async def closed(self, bodies: Iterable[bytes], *, connections: int, seconds: float = 3600) -> Answers:
        """Ask over so many connections until the bodies, or the time, are over."""
        answers, following = Answers(), iter(bodies)
        opened = [await self.connect() for _ in range(connections)]
        answers.begun = time.monotonic()

        async def work(connection: Connection) -> None:
            for body in following:
                begun = time.monotonic()
                await self.ask(connection, body)
                answers.ended = time.monotonic()
                answers.seconds.append(answers.ended - begun)
                if answers.ended - answers.begun > seconds:
                    return

        await asyncio.gather(*(work(connection) for connection in opened))
        for connection in opened:
            connection.close()
        return answers

    async def at_rate(self, body: Callable[[], bytes], *, per_second: float, seconds: float) -> Answers:
        """Ask at fixed moments whatever is still unanswered; an answer's time counts from its moment."""
        answers, free = Answers(), [await self.connect() for _ in range(8)]
        answers.begun = time.monotonic()

        async def one(moment: float) -> None:
            # In turn: one that sends nothing for ten seconds is closed (ADR 27).
            connection = free.pop(0) if free else await self.connect()
            await self.ask(connection, body())
            answers.ended = time.monotonic()
            answers.seconds.append(answers.ended - moment)
            free.append(connection)

        async with asyncio.TaskGroup() as group:
            for moment in _moments(answers.begun, per_second, seconds):
                await asyncio.sleep(max(0.0, moment - time.monotonic()))
                group.create_task(one(moment))
        for connection in free:
            connection.close()
        return answers


def _moments(begun: float, per_second: float, seconds: float) -> Iterator[float]:
    return (begun + number / per_second for number in range(int(per_second * seconds)))


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value so large that this share of all is not larger (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]
