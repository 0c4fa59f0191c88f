"""What a socket can do to the server that no client library would, on a real loopback connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from unavez_shared.web import connections
from unavez_shared.web.connections import HEADER_LIMIT, BoundedConnection, Door

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
SHORT = 0.05
"""Seconds; the limits under test, so that no test waits for the true ones."""


class App:
    """Answers with the length of the body; `/unread` without reading it, `/held` when it is let, `/large` much."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.begun = asyncio.Event()
        self.left = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.begun.set()
        if scope["path"] == "/held":
            await self.release.wait()
        if scope["path"] == "/large":
            await Response(b"x" * 10_000_000)(scope, receive, send)
            return
        try:
            body = b"" if scope["path"] == "/unread" else await request.body()
        except ClientDisconnect:
            self.left += 1
            return
        await Response(str(len(body)))(scope, receive, send)


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, bytes]:
        """Return status and body of the next answer."""
        async with asyncio.timeout(5):
            head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
            return int(head.split(b" ")[1]), await self.reader.readexactly(length)

    async def ends(self) -> bytes:
        """Return what comes until the server hangs up."""
        async with asyncio.timeout(5):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""


class Server:
    def __init__(self, app: App, port: int, door: Door) -> None:
        self.app, self.port, self.door = app, port, door
        self.clients: list[Client] = []

    async def connect(self) -> Client:
        before = len(self.door.connections)
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        await until(lambda: len(self.door.connections) > before or len(self.door.connections) >= self.door.limit)
        return client


@asynccontextmanager
async def serving(limit: int = 100) -> AsyncIterator[Server]:
    app, door = App(), Door(limit)
    config = uvicorn.Config(app, http=BoundedConnection, ws="none", lifespan="off", log_config=None, access_log=False)
    config.load()
    listening = await asyncio.get_running_loop().create_server(
        lambda: BoundedConnection(config, door, {}), "127.0.0.1", 0
    )
    server = Server(app, listening.sockets[0].getsockname()[1], door)
    try:
        yield server
    finally:
        app.release.set()
        listening.close()
        for client in server.clients:
            client.writer.transport.abort()
        for connection in list(door.connections):
            connection.shutdown()
        await until(lambda: not door.connections and not door.tasks)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110  (what holds is set by a transport)
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def linger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LINGER_SECONDS", SHORT)
    monkeypatch.setattr(connections, "ON_ITS_WAY_SECONDS", SHORT)


def header_of(size: int) -> bytes:
    """Return a request whose line and headers count exactly so many bytes."""
    counted = len("/") + len("Host") + len("x") + 4 + len("X-A") + 4
    return b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * (size - counted) + b"\r\n\r\n"


async def test_headers_of_sixteen_kibibytes_are_read_and_one_byte_more_is_431() -> None:
    async with serving() as server:
        client = await server.connect()
        client.send(header_of(HEADER_LIMIT))
        assert await client.answer() == (200, b"0")
        client.send(header_of(HEADER_LIMIT + 1))
        status, body = await client.answer()
        assert status == 431
        assert b"urn:unavez:problem:headers_too_large" in body
        assert await client.ends() == b""


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"GET / HTTP/1.1\r\nX-Endless: ", id="a header"),
        pytest.param(b"GET /", id="an address"),
        pytest.param(
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Trailer: ", id="a trailer"
        ),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x=", id="an extension of a chunk"),
    ],
)
async def test_what_never_ends_is_refused_after_the_limit_not_parsed_for_ever(begun: bytes) -> None:
    async with serving() as server:
        client = await server.connect()
        client.send(begun + b"a" * (3 * HEADER_LIMIT))
        assert (await client.answer())[0] == 431
        await client.ends()
        await until(lambda: not server.door.connections)


async def test_headers_in_pieces_are_counted_together() -> None:
    async with serving() as server:
        client = await server.connect()
        client.send(b"GET / HTTP/1.1\r\n")
        for _ in range(HEADER_LIMIT // 8 + 1):
            client.send(b"X-A: b\r\n")
        assert (await client.answer())[0] == 431


async def test_a_body_is_no_header_however_long_it_is() -> None:
    async with serving() as server:
        client = await server.connect()
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + b"b" * 500_000)
        assert await client.answer() == (200, b"500000")
        client.send(CHUNKED + b"2\r\nbb\r\n" * 50_000)
        client.send(b"0\r\n\r\n" + GET)
        assert await client.answer() == (200, b"100000")
        assert await client.answer() == (200, b"0")


@pytest.mark.parametrize("begun", [b"POST / HTTP/1.1\r\nHos", b"\r\n"], ids=["half a header", "half of nothing"])
async def test_a_header_that_does_not_come_whole_in_time_is_408(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", SHORT)
    async with serving() as server:
        client = await server.connect()
        client.send(begun)
        status, body = await client.answer()
        assert status == 408
        assert b"urn:unavez:problem:request_timeout" in body
        assert await client.ends() == b""


async def test_a_connection_nobody_uses_is_ended_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", SHORT)
    async with serving() as server:
        client = await server.connect()
        assert await client.ends() == b""


async def test_of_those_that_are_turned_away_only_so_many_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LINGER_SECONDS", 60)
    monkeypatch.setattr(connections, "_TURNED_AWAY", 2)
    async with serving(limit=1) as server:
        busy = await server.connect()
        busy.send(GET.replace(b"/ ", b"/held ", 1))
        await until(lambda: not server.door.waiting)
        refused = [await server.connect() for _ in range(5)]
        assert {(await client.answer())[0] for client in refused} == {503}
        await until(lambda: len(server.door.connections) == 1 + 2)


async def test_a_body_that_does_not_come_whole_in_time_is_408_and_its_route_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "BODY_SECONDS", SHORT)
    async with serving() as server:
        client = await server.connect()
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
        assert (await client.answer())[0] == 408
        await until(lambda: server.app.left == 1)
        assert await client.ends() == b""


async def test_the_rest_of_a_body_that_was_answered_unread_is_not_awaited_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "BODY_SECONDS", SHORT)
    async with serving() as server:
        client = await server.connect()
        client.send(b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
        assert (await client.answer())[0] == 200
        await client.ends()
        await until(lambda: not server.door.connections)


async def test_time_a_route_takes_is_not_the_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", SHORT)
    monkeypatch.setattr(connections, "BODY_SECONDS", SHORT)
    async with serving() as server:
        client = await server.connect()
        client.send(GET.replace(b"/ ", b"/held ", 1) + GET)  # a second request, and its route, wait for the first
        await server.app.begun.wait()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3 * SHORT):
                await client.reader.read(1)
        server.app.release.set()
        assert await client.answer() == (200, b"0")
        assert await client.answer() == (200, b"0")


async def test_who_takes_nothing_of_an_answer_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALLED_SECONDS", SHORT)
    async with serving() as server:
        client = await server.connect()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        client.send(GET.replace(b"/ ", b"/large ", 1))
        await server.app.begun.wait()
        await until(lambda: not server.door.connections)


async def test_past_the_most_connections_the_longest_waiting_goes_and_the_newest_is_served() -> None:
    async with serving(limit=3) as server:
        half = [await server.connect() for _ in range(3)]
        for client in half:
            client.send(b"GET / HTTP/1.1\r\nHos")
        served = await server.connect()
        served.send(GET)
        assert await served.answer() == (200, b"0")
        assert await half[0].ends() == b""
        half[1].send(b"t: x\r\n\r\n")
        assert await half[1].answer() == (200, b"0")


async def test_while_every_connection_has_a_request_under_way_a_new_one_is_503_and_none_is_cut() -> None:
    async with serving(limit=2) as server:
        busy = [await server.connect() for _ in range(2)]
        for client in busy:
            client.send(GET.replace(b"/ ", b"/held ", 1))
        await until(lambda: not server.door.waiting)
        for _ in range(3):  # who was refused and lingers is no room for the next
            refused = await server.connect()
            status, body = await refused.answer()
            assert status == 503
            assert b"urn:unavez:problem:unavailable" in body
        server.app.release.set()
        assert [await client.answer() for client in busy] == [(200, b"0")] * 2


async def test_what_is_no_http_is_400_as_a_problem() -> None:
    async with serving() as server:
        client = await server.connect()
        client.send(b"\x16\x03\x01\x02\x00\r\n\r\n")
        status, body = await client.answer()
        assert status == 400
        assert b"urn:unavez:problem:bad_request" in body


POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"


@pytest.mark.parametrize(
    ("before", "after"), [(b"", GET), (b"GET / HT", b"TP/1.1\r\nHost: x\r\n\r\n"), (POST, b"four")]
)
async def test_a_request_that_is_on_its_way_when_the_server_stops_is_answered(
    before: bytes, after: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ON_ITS_WAY_SECONDS", 5)
    async with serving() as server:
        client = await server.connect()
        client.send(before)
        (connection,) = server.door.connections
        await until(lambda: not before or connection._unused or connection._in_body)
        connection.shutdown()
        client.send(after)
        assert (await client.answer())[0] == 200
        assert await client.ends() == b"", "nothing more is taken from it"


@pytest.mark.parametrize("begun", [b"", b"GET / HT", POST])
async def test_a_stop_waits_a_moment_for_the_rest_of_a_request_and_no_longer(begun: bytes) -> None:
    async with serving() as server:
        client = await server.connect()
        client.send(begun)
        (connection,) = server.door.connections
        await until(lambda: not begun or connection._unused or connection._in_body)
        connection.shutdown()
        assert await client.ends() == b""
        await until(lambda: not server.door.connections)
