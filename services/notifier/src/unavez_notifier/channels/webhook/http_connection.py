"""One kept-alive HTTP/1.1 connection to an endpoint, over the parser uvicorn uses (httptools).

Why not httpx: it cannot pin a judged address, and one delivery through its transport costs forty times the CPU
(measured); what a webhook needs of HTTP is one small request and the head of its answer.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import cast

import httptools

_MOST_BYTES = 64 * 1024
"""An answer's body says nothing to us: more than this, head included, is not read."""
_FINAL = 200
"""Smaller status codes are interim answers; the final one follows."""


class BadAnswerError(Exception):
    """What came back is not HTTP, or is too much of it."""


@dataclass(slots=True)
class Head:
    """The head of an answer; header names in lower case."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)


class Connection(asyncio.Protocol):
    """Sends one request at a time; closes itself at the first thing that is not as it should be."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Head] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._head = Head()
        self._has_head = False
        self._size = 0

    @property
    def is_open(self) -> bool:
        """Tell whether another request may be sent."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def heard_anything(self) -> bool:
        """Tell whether the last request was answered by a single byte."""
        return self._size > 0

    async def send(self, request: bytes) -> Head:
        """Send a request and return the head of its answer once the body is over.

        Raises `BadAnswerError`, or `ConnectionError` when the connection ends before. A caller that is cancelled
        meanwhile must close the connection.
        """
        if self._transport is None:
            raise ConnectionResetError
        self._has_head, self._size = False, 0
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._waiting
        finally:
            self._waiting = None

    def close(self) -> None:
        """Close now."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Parse what arrives; what nobody asked for ends the connection."""
        self._size += len(data)
        if self._waiting is None or self._waiting.done():
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._end(BadAnswerError())
        if self._size > _MOST_BYTES:
            self._end(None if self._has_head else BadAnswerError())

    def connection_lost(self, _exc: Exception | None) -> None:
        """Answer with the head when it was read: its body ended with the connection."""
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            if self._has_head:
                self._waiting.set_result(self._head)
            else:
                self._waiting.set_exception(ConnectionResetError())

    def on_message_begin(self) -> None:
        """Begin an answer: an interim one, the final one, or one nobody asked for (parser)."""
        self._head = Head()
        if self._has_head:
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header (parser)."""
        self._head.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Keep the status (parser)."""
        self._head.status = self._parser.get_status_code()
        self._has_head = self._head.status >= _FINAL

    def on_message_complete(self) -> None:
        """Answer whoever waits (parser)."""
        if not self._has_head:
            return
        if not self._parser.should_keep_alive():
            self._end(None)
        elif self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(self._head)

    def _end(self, error: Exception | None) -> None:
        self.close()
        if self._waiting is None or self._waiting.done():
            return
        if error is None:
            self._waiting.set_result(self._head)
        else:
            self._waiting.set_exception(error)
