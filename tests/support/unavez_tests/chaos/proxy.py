"""A TCP proxy that misbehaves on request: what stands between the services and their broker or database.

It runs on an event loop of its own thread, so tests control it with plain calls while they block on something else.
Every connection keeps the fault that struck it: bytes that vanished stay vanished, so a connection that was blackholed
is half-open for good, exactly as after a firewall forgot it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Self, TypeVar

_CHUNK = 64 * 1024
_CALL_SECONDS = 10.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

T = TypeVar("T")


class Direction(Enum):
    """Which way bytes flow."""

    UP = "up"
    """Client to server: publishes, acknowledgements, SQL."""
    DOWN = "down"
    """Server to client: confirms, deliveries, rows."""


BOTH = frozenset(Direction)


@dataclass(frozen=True)
class Upstream:
    """Where the proxy connects to: a TCP port of the loopback interface, or a Unix socket."""

    port: int | None = None
    socket_path: Path | None = None

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.socket_path is not None:
            return await asyncio.open_unix_connection(self.socket_path)
        return await asyncio.open_connection("127.0.0.1", self.port)


@dataclass(eq=False)
class _Connection:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    blackholed: set[Direction] = field(default_factory=set)
    cut_after: dict[Direction, int] = field(default_factory=dict)
    ended: set[Direction] = field(default_factory=set)

    def reset(self) -> None:
        for writer in (self.client, self.server):
            _reset(writer)


class FaultProxy:
    """One listening port in front of one server."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._latency = 0.0
        self._bytes_per_second: float | None = None
        self._blackhole: frozenset[Direction] = frozenset()
        self._cut_next: tuple[Direction, int] | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Listen on a free port of the loopback interface."""
        self._thread.start()
        self._run(self._listen())

    def close(self) -> None:
        """Reset every connection and stop."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CALL_SECONDS)
        self._loop.close()

    # --- faults ----------------------------------------------------------------------------------------------------

    def latency(self, seconds: float) -> None:
        """Hold every chunk back by this long, each way."""
        self._call(lambda: setattr(self, "_latency", seconds))

    def bandwidth(self, bytes_per_second: float) -> None:
        """Let each direction of each connection carry no more than this."""
        self._call(lambda: setattr(self, "_bytes_per_second", bytes_per_second))

    def freeze(self) -> None:
        """Hold every byte until `heal`, then deliver it: a network that stalls."""
        self._call(self._flowing.clear)

    def blackhole(self, directions: frozenset[Direction] = BOTH) -> None:
        """Swallow every byte, now and on new connections. Whoever was connected is half-open, also after `heal`."""

        def begin() -> None:
            self._blackhole = directions
            for connection in self._connections:
                connection.blackholed |= directions

        self._call(begin)

    def forget_blackholed(self) -> None:
        """Let the server give up on the connections that were blackholed, as its TCP keepalives would make it."""

        def forget() -> None:
            for connection in list(self._connections):
                if connection.blackholed:
                    _reset(connection.server)

        self._call(forget)

    def half_close(self, direction: Direction) -> None:
        """End one direction of every connection: its receiver reads the end of the stream, the other way goes on."""

        def end() -> None:
            for connection in self._connections:
                connection.ended.add(direction)
                writer = connection.server if direction is Direction.UP else connection.client
                if writer.can_write_eof() and not writer.is_closing():
                    writer.write_eof()

        self._call(end)

    def reset(self) -> None:
        """End every connection with RST on both sides."""

        def strike() -> None:
            for connection in list(self._connections):
                connection.reset()

        self._call(strike)

    def cut_after(self, byte_count: int, direction: Direction = Direction.UP) -> None:
        """Let this many more bytes through on each connection, and on each new one, then reset it."""

        def arm() -> None:
            self._cut_next = (direction, byte_count)
            for connection in self._connections:
                connection.cut_after[direction] = byte_count

        self._call(arm)

    def refuse(self) -> None:
        """Stop listening: connecting is refused. Connections that exist go on."""
        self._run(self._stop_listening())

    def away(self) -> None:
        """Refuse and reset: the machine behind is gone."""
        self.refuse()
        self.reset()

    def heal(self) -> None:
        """Undo everything that can be undone, and listen again on the same port."""

        def undo() -> None:
            self._latency, self._bytes_per_second = 0.0, None
            self._blackhole, self._cut_next = frozenset(), None
            for connection in self._connections:
                connection.cut_after.clear()
            self._flowing.set()

        self._call(undo)
        self._run(self._listen())

    @property
    def connections(self) -> int:
        """How many connections stand right now."""
        return self._call(lambda: len(self._connections))

    # --- inside the loop -------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    async def _close(self) -> None:
        await self._stop_listening()
        for connection in list(self._connections):
            connection.reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._carry_both_ways(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_both_ways(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream_reader, upstream_writer = await self._upstream.connect()
        except OSError:
            _reset(writer)
            return
        connection = _Connection(writer, upstream_writer, blackholed=set(self._blackhole))
        if self._cut_next is not None:
            connection.cut_after[self._cut_next[0]] = self._cut_next[1]
        self._connections.add(connection)
        try:
            await asyncio.gather(
                self._pump(connection, Direction.UP, reader, upstream_writer),
                self._pump(connection, Direction.DOWN, upstream_reader, writer),
            )
        finally:
            self._connections.discard(connection)
            for end in (writer, upstream_writer):
                end.close()

    async def _pump(
        self,
        connection: _Connection,
        direction: Direction,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        try:
            while chunk := await reader.read(_CHUNK):
                await self._carry(connection, direction, chunk, writer)
            if direction in connection.blackholed:
                # Nobody is told that this end is gone: the other one waits for ever, as in life.
                await asyncio.Event().wait()
            await self._flowing.wait()
            if writer.can_write_eof() and not writer.is_closing() and direction not in connection.ended:
                writer.write_eof()
        except OSError:
            if direction in connection.blackholed:
                await asyncio.Event().wait()
            connection.reset()

    async def _carry(
        self, connection: _Connection, direction: Direction, chunk: bytes, writer: asyncio.StreamWriter
    ) -> None:
        if self._latency:
            await asyncio.sleep(self._latency)
        if self._bytes_per_second is not None:
            await asyncio.sleep(len(chunk) / self._bytes_per_second)
        await self._flowing.wait()
        if direction in connection.blackholed or direction in connection.ended:
            return
        left = connection.cut_after.get(direction)
        if left is not None:
            connection.cut_after[direction] = left - len(chunk)
            chunk = chunk[:left]
        writer.write(chunk)
        await writer.drain()
        if left is not None and connection.cut_after[direction] <= 0:
            connection.reset()

    # --- from other threads ----------------------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_CALL_SECONDS)

    def _call(self, action: Callable[[], T]) -> T:
        done: Future[T] = Future()

        def act() -> None:
            try:
                done.set_result(action())
            except Exception as error:  # noqa: BLE001  (it belongs to the caller's thread)
                done.set_exception(error)

        self._loop.call_soon_threadsafe(act)
        return done.result(_CALL_SECONDS)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN, dropping what was not sent."""
    transport = writer.transport
    sock: socket.socket | None = transport.get_extra_info("socket")
    if sock is not None and sock.family == socket.AF_INET and not transport.is_closing():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()
