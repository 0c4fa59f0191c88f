from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from typing import Any, ClassVar, cast

import pytest

from unavez_notifier.channels.channel import Answer
from unavez_notifier.channels.webhook.addresses import AddressPolicy
from unavez_notifier.channels.webhook.client import WebhookClient
from unavez_shared.testing.ports import free_port

from .receiver import Receiver, receiving

LOOPBACK = AddressPolicy((ip_network("127.0.0.0/8"),))
HEADERS = {"webhook-id": "synthetic"}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


async def delivered(policy: AddressPolicy, endpoint: str) -> Answer:
    client = WebhookClient(policy, public_url="https://unavez.example")
    try:
        return await client.deliver(endpoint, HEADERS, b"{}")
    finally:
        await client.close()


async def test_address_inside_is_refused_at_connect_time(receiver: Receiver) -> None:
    assert (await delivered(AddressPolicy(), receiver.url)).error == "address_not_allowed"
    assert (await delivered(AddressPolicy(), receiver.url.replace("http", "https"))).error == "address_not_allowed"
    assert receiver.received == []


async def test_name_that_resolves_inside_is_refused(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    assert (await delivered(AddressPolicy(), f"https://localhost:{port}")).error == "address_not_allowed"
    assert (await delivered(AddressPolicy(), "https://127.1/")).error == "address_not_allowed"
    assert (await delivered(AddressPolicy(), "https://2130706433/")).error == "address_not_allowed"


async def test_name_is_resolved_again_at_every_connection_and_pinned(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(receiver.url.removeprefix("http://127.0.0.1:").removesuffix("/hook"))
    answers = iter(["127.0.0.1", "10.0.0.1"])

    async def resolved(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolved)
    endpoint = f"http://agency.example:{port}/hook"
    assert (await delivered(LOOPBACK, endpoint)).status_code == 204
    assert receiver.received[0].headers["host"] == f"agency.example:{port}"
    assert (await delivered(LOOPBACK, endpoint)).error == "address_not_allowed"


async def test_connections_are_kept_alive(receiver: Receiver) -> None:
    client = WebhookClient(LOOPBACK, public_url="https://unavez.example")
    for _ in range(5):
        assert (await client.deliver(receiver.url, HEADERS, b"{}")).status_code == 204
    assert receiver.connections == 1
    await client.close()


async def test_refused_connection_is_a_code_not_an_error() -> None:
    assert (await delivered(LOOPBACK, f"http://127.0.0.1:{free_port()}/")).error == "connection"


class Scripted(asyncio.Protocol):
    """A server that answers each request with the next of some bytes, and then closes if they say so."""

    answers: ClassVar[list[bytes]] = []
    asked: ClassVar[list[bytes]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        Scripted.asked.append(data)
        answer = Scripted.answers.pop(0)
        self._transport.write(answer.removesuffix(b"CLOSE"))
        if answer.endswith(b"CLOSE"):
            self._transport.close()


@asynccontextmanager
async def scripted(*answers: bytes) -> AsyncIterator[str]:
    Scripted.answers, Scripted.asked = list(answers), []
    server = await asyncio.get_running_loop().create_server(Scripted, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    finally:
        server.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (OK, 200, None),
        (b"HTTP/1.1 202 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 202, None),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, None),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the endCLOSE", 200, None),
        (b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\nCLOSE", 204, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 200_000, 200, None),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, None, "protocol"),
        (b"SSH-2.0-OpenSSH\r\n", None, "protocol"),
        (b"HTTP/1.1 200CLOSE", None, "connection"),
        (b"CLOSE", None, "connection"),
    ],
)
async def test_answers_are_read_as_far_as_they_matter(answer: bytes, status: int | None, error: str | None) -> None:
    async with scripted(answer) as endpoint:
        got = await delivered(LOOPBACK, endpoint)
    assert (got.status_code, got.error) == (status, error)


async def test_kept_connection_that_has_died_is_replaced_without_a_failure() -> None:
    async with scripted(OK, b"CLOSE", OK) as endpoint:
        client = WebhookClient(LOOPBACK, public_url="https://unavez.example")
        for _ in range(2):
            assert (await client.deliver(endpoint, HEADERS, b"{}")).status_code == 200
        assert len(Scripted.asked) == 3
        await client.close()


async def test_answer_nobody_asked_for_ends_the_connection() -> None:
    async with scripted(OK + b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", OK) as endpoint:
        client = WebhookClient(LOOPBACK, public_url="https://unavez.example")
        for _ in range(2):
            assert (await client.deliver(endpoint, HEADERS, b"{}")).status_code == 200
        await client.close()


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("7", 7, 7),
        ("99999999999999999999", 999_999_999, 999_999_999),
        ("{in five minutes}", 200, 300),
        ("soon", None, None),
        ("", None, None),
    ],
)
async def test_retry_after_is_read(text: str, least: int | None, most: int | None) -> None:
    text = text.replace("{in five minutes}", format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True))
    answer = f"HTTP/1.1 503 X\r\nContent-Length: 0\r\nRetry-After: {text}\r\n\r\n".encode()
    async with scripted(answer) as endpoint:
        retry_after = (await delivered(LOOPBACK, endpoint)).retry_after
    if least is None or most is None:
        assert retry_after is None
    else:
        assert retry_after is not None
        assert least <= retry_after.total_seconds() <= most


@pytest.mark.parametrize(
    ("origin", "agreed"), [("*", True), ("unavez.example", True), ("other.example", False), ("", False)]
)
async def test_handshake_asks_for_our_origin(origin: str, agreed: bool) -> None:
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nWebHook-Allowed-Origin: {origin}\r\n\r\n".encode()
    async with scripted(answer) as endpoint:
        client = WebhookClient(LOOPBACK, public_url="https://unavez.example")
        assert await client.handshake(endpoint) is agreed
        await client.close()
    assert Scripted.asked[0].startswith(b"OPTIONS /hook HTTP/1.1\r\n")
    assert b"WebHook-Request-Origin: unavez.example\r\n" in Scripted.asked[0]
