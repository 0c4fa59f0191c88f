"""One connection, bounded: header bytes and time, body time, readers that stall, and how many there are at once.

uvicorn bounds none of these. Its parser joins the pieces of a header as they come, so that one endless header costs the
square of its length, and a request that never ends is kept for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from unavez_shared.web.edge import REQUEST_ID, SECURITY_HEADERS, new_request_id
from unavez_shared.web.problems import MEDIA_TYPE, problem_body

HEADER_LIMIT: Final = 16 * 1024
"""Bytes of one request's line and headers (CONTRACT "Limits")."""
HEADER_SECONDS: Final = 10
"""From the connection, or the first byte of a later request, to the end of its headers (CONTRACT "Limits")."""
BODY_SECONDS: Final = 30
"""From the end of the headers to the end of the body (CONTRACT "Limits")."""
STALLED_SECONDS: Final = 30
"""How long a client may take nothing of an answer."""
LINGER_SECONDS: Final = 1
"""How long a refusal stays on the line: time to read it, and whoever comes back at once is slowed."""
ON_ITS_WAY_SECONDS: Final = 1
"""How long a stop waits for the request of a new connection, and for the rest of a body."""

_SLICE: Final = HEADER_LIMIT
_TURNED_AWAY: Final = 100


def _refusal(status: int, code: str, *headers: tuple[str, str]) -> bytes:
    body = problem_body(status, code)
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"content-type: {MEDIA_TYPE}",
        f"content-length: {len(body)}",
        "cache-control: no-store",
        "connection: close",
        *(f"{name}: {value}" for name, value in (*SECURITY_HEADERS, *headers)),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body


REFUSALS: Final[Mapping[int, bytes]] = {
    400: _refusal(400, "bad_request"),
    408: _refusal(408, "request_timeout"),
    431: _refusal(431, "headers_too_large"),
    503: _refusal(503, "unavailable", ("retry-after", "1")),
}
"""What a connection is told that never became a request; each gets a request id of its own."""


def _numbered(refusal: bytes) -> bytes:
    return refusal.replace(b"\r\n", f"\r\n{REQUEST_ID}: {new_request_id()}\r\n".encode("ascii"), 1)


class Door(ServerState):
    """uvicorn's state of the server, and the connections that wait for their client, longest first."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        """Connections at once."""
        self.waiting: dict[BoundedConnection, None] = {}
        self.turned_away: dict[BoundedConnection, None] = {}
        """Refused at once, and not gone yet: they are not counted."""

    def has_room(self) -> bool:
        """Tell whether the newest connection fits, in the place of who has kept us waiting longest if need be.

        False when every connection has a request under way.
        """
        if len(self.connections) - len(self.turned_away) <= self.limit:
            return True
        longest = next(iter(self.waiting), None)
        if longest is not None:
            longest.hang_up()
        return longest is not None

    def turn_away(self, newest: BoundedConnection) -> None:
        """Note one that did not fit; of so many that linger the oldest goes."""
        self.turned_away[newest] = None
        if len(self.turned_away) > _TURNED_AWAY:
            next(iter(self.turned_away)).hang_up()


class HeadersTooLargeError(Exception):
    """The parser ends its work: the headers are whole, and longer than the limit."""


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's protocol within the limits of the contract; what it refuses is a problem, and the end of the line."""

    def __init__(
        self,
        config: Config,
        server_state: Door,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._door = server_state
        self._in_body = False
        self._unused = 0
        """Bytes since the last message, or piece of a body, was whole: of a header, a chunk's frame or a trailer."""
        self._too_large = False
        self._refused = False
        self._stopping = False
        self._late: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    # --- the connection --------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let in, in the place of the longest waiting if need be."""
        super().connection_made(transport)  # type: ignore[arg-type]
        if not self._door.has_room():
            self._door.turn_away(self)
            self._refuse(503)
            return
        self._door.waiting[self] = None
        self._expect_more_within(HEADER_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.hang_up()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse in slices no longer than headers may be; refuse what is not whole after that."""
        for start in range(0, len(data), _SLICE):
            if self._refused or self.transport.is_closing():
                return
            part = data[start : start + _SLICE]
            self._unused += len(part)
            super().data_received(part)
            if self._unused > HEADER_LIMIT and not self._refused:
                self._refuse(431)
        if self._refused or self.transport.is_closing():
            return
        if self._in_body or self._unused:
            if self._late is None:
                self._expect_more_within(BODY_SECONDS if self._in_body else HEADER_SECONDS)
        elif self.cycle is not None and self.cycle.response_complete and self.timeout_keep_alive_task is None:
            # The end of a body that was answered before it had come: uvicorn would keep the line for ever.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def pause_writing(self) -> None:
        """The client takes nothing: not for ever."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALLED_SECONDS, self.hang_up)

    def resume_writing(self) -> None:
        """It takes again."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def shutdown(self) -> None:
        """Stop: wait for the answer, and a moment for a request on its way, which nobody may send a second time."""
        if self._refused:
            self.hang_up()
        elif self.cycle is None or self._in_body:
            self._stopping = True
            if self.cycle is not None:
                self.cycle.keep_alive = False
            self.loop.call_later(ON_ITS_WAY_SECONDS, self._stop_waiting)
        else:
            super().shutdown()

    # --- the message -----------------------------------------------------------------------------------------------

    def on_headers_complete(self) -> None:
        """Start the request. Raises `HeadersTooLargeError`, which the parser turns into its own."""
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > HEADER_LIMIT:
            self._too_large = True
            raise HeadersTooLargeError
        self._stop_timer()
        self._in_body = True
        super().on_headers_complete()
        if self._stopping:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._unused = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The client has said all: now it waits for us."""
        self._stop_timer()
        self._in_body, self._unused = False, 0
        if not self.cycle.response_complete:
            self._door.waiting.pop(self, None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Now we wait again for the client."""
        super().on_response_complete()
        if not self.transport.is_closing() and not self.pipeline:
            self._door.waiting.setdefault(self)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  (uvicorn's text; ours is a problem)
        """Refuse what is no HTTP, or too much of it."""
        self._refuse(431 if self._too_large else 400)

    # --- the end of patience ---------------------------------------------------------------------------------------

    def hang_up(self) -> None:
        """End the connection at once."""
        self._stop_timer()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        self._door.waiting.pop(self, None)
        self._door.turned_away.pop(self, None)
        if not self.transport.is_closing():
            self.transport.abort()

    def _stop_waiting(self) -> None:
        if self.cycle is None or self._in_body:
            self.hang_up()

    def _expect_more_within(self, seconds: float) -> None:
        self._late = self.loop.call_later(seconds, self._give_up)

    def _stop_timer(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if self.flow.read_paused:
            # It is us who do not read: the client may have sent everything.
            self._expect_more_within(BODY_SECONDS if self._in_body else HEADER_SECONDS)
        elif self._in_body or self._unused:
            self._refuse(408)
        else:
            self.hang_up()  # a connection nobody used: there is no request to answer

    def _refuse(self, status: int) -> None:
        """Say so where an answer is due and none is under way; read no more, and hang up."""
        self._refused = True
        self._stop_timer()
        idle = self.cycle is None or self.cycle.response_complete
        if not idle and (self.cycle.response_started or self.pipeline or not self._in_body):
            self.hang_up()
            return
        if not idle:
            # The route is reading: to it, the client has left.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._unset_keepalive_if_required()
        self.transport.write(_numbered(REFUSALS[status]))
        self.flow.pause_reading()
        if self not in self._door.turned_away:
            self._door.waiting.setdefault(self)
        self.loop.call_later(LINGER_SECONDS, self.hang_up)
