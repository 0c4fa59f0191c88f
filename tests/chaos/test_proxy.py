"""The proxy does to a connection exactly what it is told, and nothing after `heal`."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from unavez_shared.testing.ports import free_port
from unavez_tests.chaos.proxy import Direction, FaultProxy, Upstream


class EchoServer:
    """Sends back what it gets, and remembers what it got and how each connection ended."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.received = b""
        self.ends: list[str] = []
        self.changed = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(connection,), daemon=True).start()

    def _echo(self, connection: socket.socket) -> None:
        end = "eof"
        with connection:
            try:
                while chunk := connection.recv(65536):
                    with self.changed:
                        self.received += chunk
                        self.changed.notify_all()
                    connection.sendall(chunk)
            except OSError:
                end = "reset"
        with self.changed:
            self.ends.append(end)
            self.changed.notify_all()

    def wait_for_ends(self, count: int) -> list[str]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.ends) >= count, timeout=5)
            return self.ends


@pytest.fixture
def echo() -> Iterator[EchoServer]:
    listener = socket.create_server(("127.0.0.1", 0))
    yield EchoServer(listener)
    listener.close()


@pytest.fixture
def proxy(echo: EchoServer) -> Iterator[FaultProxy]:
    with FaultProxy(Upstream(port=echo.listener.getsockname()[1])) as running:
        yield running


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        ask(connection, b"hello")
        yield connection


def ask(connection: socket.socket, data: bytes) -> None:
    connection.sendall(data)
    assert read(connection, len(data)) == data


def read(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (chunk := connection.recv(count - len(data))):
        data += chunk
    return data


def is_silent(connection: socket.socket, seconds: float = 0.3) -> bool:
    connection.settimeout(seconds)
    try:
        connection.recv(1)
    except TimeoutError:
        return True
    finally:
        connection.settimeout(5)
    return False


def test_it_carries_every_byte_both_ways(client: socket.socket) -> None:
    data = bytes(range(256)) * 4096
    sender = threading.Thread(target=client.sendall, args=(data,))
    sender.start()
    assert read(client, len(data)) == data
    sender.join()


def test_it_reaches_a_unix_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        EchoServer(listener)
        with (
            FaultProxy(Upstream(socket_path=tmp_path / "s")) as running,
            socket.create_connection(("127.0.0.1", running.port), timeout=5) as connection,
        ):
            ask(connection, b"over a socket")


def test_latency_delays_each_way(proxy: FaultProxy, client: socket.socket) -> None:
    proxy.latency(0.1)
    before = time.monotonic()
    ask(client, b"slow")
    assert 0.2 <= time.monotonic() - before < 2
    proxy.heal()
    before = time.monotonic()
    ask(client, b"fast")
    assert time.monotonic() - before < 0.2


def test_bandwidth_is_limited(proxy: FaultProxy, client: socket.socket) -> None:
    proxy.bandwidth(100_000)
    before = time.monotonic()
    ask(client, b"x" * 20_000)
    assert 0.35 <= time.monotonic() - before < 3


def test_frozen_bytes_arrive_after_heal(proxy: FaultProxy, client: socket.socket) -> None:
    proxy.freeze()
    client.sendall(b"later")
    assert is_silent(client)
    proxy.heal()
    assert read(client, 5) == b"later"


def test_blackholed_connection_is_half_open_for_good_and_new_ones_work_after_heal(
    proxy: FaultProxy, client: socket.socket, echo: EchoServer
) -> None:
    proxy.blackhole()
    client.sendall(b"lost")
    assert is_silent(client)
    proxy.heal()
    client.sendall(b"lost too")
    assert is_silent(client)
    assert echo.received == b"hello"
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as another:
        ask(another, b"anew")


def test_blackhole_one_way_lets_the_other_through(proxy: FaultProxy, client: socket.socket, echo: EchoServer) -> None:
    proxy.blackhole(frozenset({Direction.DOWN}))
    client.sendall(b" again")
    with echo.changed:
        assert echo.changed.wait_for(lambda: echo.received == b"hello again", timeout=5)
    assert is_silent(client)


def test_connection_made_in_a_blackhole_gets_no_answer(proxy: FaultProxy) -> None:
    proxy.blackhole()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        connection.sendall(b"anybody?")
        assert is_silent(connection)


def test_half_close_ends_one_direction_only(proxy: FaultProxy, client: socket.socket, echo: EchoServer) -> None:
    proxy.half_close(Direction.DOWN)
    assert client.recv(1) == b""
    client.sendall(b" still heard")
    with echo.changed:
        assert echo.changed.wait_for(lambda: echo.received == b"hello still heard", timeout=5)


def test_reset_is_seen_as_reset_on_both_sides(proxy: FaultProxy, client: socket.socket, echo: EchoServer) -> None:
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    assert echo.wait_for_ends(1) == ["reset"]


def test_cut_at_byte_n_lets_exactly_n_through(proxy: FaultProxy, client: socket.socket, echo: EchoServer) -> None:
    proxy.cut_after(7)
    client.sendall(b"0123456789")
    echo.wait_for_ends(1)
    assert echo.received == b"hello0123456"
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as another:
        ask(another, b"0123")
        another.sendall(b"456789")
        assert echo.wait_for_ends(2) == ["reset", "reset"]
    proxy.heal()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as healthy:
        ask(healthy, b"0123456789")


def test_refuse_keeps_old_connections_and_takes_no_new_ones(proxy: FaultProxy, client: socket.socket) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5)
    ask(client, b"still here")
    proxy.heal()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as another:
        ask(another, b"back on the same port")


def test_away_refuses_and_resets(proxy: FaultProxy, client: socket.socket) -> None:
    proxy.away()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def test_server_that_is_not_there_is_a_reset() -> None:
    with (
        FaultProxy(Upstream(port=free_port())) as proxy,
        pytest.raises(ConnectionResetError),  # while connecting or reading: whichever the reset overtakes
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection,
    ):
        connection.recv(1)


def test_connections_are_counted_and_forgotten(proxy: FaultProxy, client: socket.socket) -> None:
    assert proxy.connections == 1
    client.close()
    deadline = time.monotonic() + 5
    while proxy.connections:
        assert time.monotonic() < deadline
        time.sleep(0.01)
