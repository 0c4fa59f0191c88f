"""An agency's endpoint: a real HTTP server on a free port that agrees to web hooks and keeps what it gets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httptools
import orjson

Respond = Callable[["Received"], tuple[int, dict[str, str]]]


@dataclass(frozen=True)
class Received:
    """One POST."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def event(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Receiver:
    """What the endpoint saw; change `respond` and `agrees` to make it behave."""

    url: str = ""
    agrees: bool = True
    respond: Respond = field(default=lambda _: (204, {}))
    received: list[Received] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    connections: int = 0

    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.received]

    def subjects(self) -> list[str]:
        return [one.event["subject"] for one in self.received]

    def types(self) -> list[str]:
        return [one.event["type"].removeprefix("pe.unavez.").removesuffix(".v1") for one in self.received]


class _Connection(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._receiver.connections += 1
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its bases

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._body = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._parser.get_method() == b"OPTIONS":
            self._receiver.origins.append(self._headers["webhook-request-origin"])
            headers = {"WebHook-Allowed-Origin": "*"} if self._receiver.agrees else {}
            self._answer(200, headers)
            return
        received = Received(self._headers, self._body, asyncio.get_running_loop().time())
        status, headers = self._receiver.respond(received)
        self._receiver.received.append(received)
        self._answer(status, headers)

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} X", "Content-Length: 0", *(f"{name}: {value}" for name, value in headers.items())]
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Listen on a free port of the loopback interface."""
    receiver = Receiver()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(receiver), "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
