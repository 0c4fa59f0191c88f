"""The least HTTP/1.1 on both ends: kept-alive connections for load and for the floor's deliveries, and a receiver."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
TIMEOUT_SECONDS = 30


def _message_end(buffer: bytearray) -> tuple[int, int] | None:
    """Return where the head and the message end, or None while bytes are missing."""
    end = buffer.find(_HEAD_END)
    if end < 0:
        return None
    body = end + len(_HEAD_END)
    head = bytes(buffer[:end]).lower()
    at = head.find(_LENGTH)
    length = 0 if at < 0 else int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0])
    return None if len(buffer) < body + length else (body, body + length)


class Connection(asyncio.Protocol):
    """One kept-alive connection of a client: one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._buffer = bytearray()

    @classmethod
    async def open(cls, host: str, port: int) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        return connection

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Return status and body. Raises OSError or TimeoutError."""
        if self._transport is None:
            raise ConnectionResetError
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        ends = _message_end(self._buffer)
        if ends is None or self._waiting is None or self._waiting.done():
            return
        status, body = int(self._buffer[9:12]), bytes(self._buffer[ends[0] : ends[1]])
        del self._buffer[: ends[1]]
        self._waiting.set_result((status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionResetError())


def head(method: str, url: str, length: int, headers: dict[str, str]) -> bytes:
    """Return a request up to its body."""
    parts = urlsplit(url)
    lines = [f"{method} {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


Taken = Callable[[bytes, bytes, float], None]
"""Path, body, monotonic moment of one POST."""


class Receiver:
    """The agencies' server: answers the handshake and every event with success, and hands over what came when."""

    def __init__(self) -> None:
        self.taken: Taken = lambda *_: None
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(lambda: _Served(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def url(self, organization_id: str) -> str:
        return f"http://127.0.0.1:{self.port}/hook/{organization_id}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()


class _Served(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._transport: Any = None
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        ends = _message_end(self._buffer)
        if ends is None:
            return
        if self._buffer.startswith(b"POST"):
            path = bytes(self._buffer[5 : self._buffer.index(b" ", 5)])
            self._receiver.taken(path, bytes(self._buffer[ends[0] : ends[1]]), time.monotonic())
            self._transport.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
        else:
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: *\r\nWebHook-Allowed-Rate: *\r\nContent-Length: 0\r\n\r\n"
            )
        del self._buffer[: ends[1]]
