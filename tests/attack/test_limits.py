"""The limits of the contract on a running product, and what a socket can say that a client library never would."""

from __future__ import annotations

import socket
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from unavez_shared.contracts.actor import Role
from unavez_shared.testing.ports import free_port
from unavez_tests.strain import Strain
from unavez_tests.world import World, start_one_process

Watched = Callable[[], AbstractContextManager[Strain]]
BURST = 10
NEW_CASES = 2
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A product of its own: two requests a second per token, ten at once; two new cases of a person at once."""
    data = tmp_path_factory.mktemp("limited") / "data"
    few = {"UNAVEZ_RATE_LIMIT": str(BURST // 5), "UNAVEZ_NEW_CASES_PER_HOUR": str(NEW_CASES // 2)}
    world = start_one_process(data, free_port(), environment=few)
    yield world
    assert world.stop() == [0]


PATHS = {
    "/intake/v1/vocabularies": Role.FRONTLINE,
    "/router/v1/protocol": Role.STATISTICS,
    "/notifier/v1/events": Role.COORDINATOR,
}
"""One gated route that is read quickly, of each service that has one."""
EXPORTS, IMPORTS = "/directory/v1/exports", "/directory/v1/imports"
LATE = 60.0
"""Seconds. How long a test insists, on a machine of any speed."""


def _used_up(product: World, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, httpx.Response]:
    """Ask faster than the rate whatever the machine's speed: at once, again, until one is refused."""
    headers = {**headers, "Content-Type": "application/json"}
    served, deadline = 0, time.monotonic() + LATE
    with ThreadPoolExecutor(BURST) as people:
        while time.monotonic() < deadline:
            asked = [
                people.submit(product.client.request, method, product.url(path), headers=headers)
                for _ in range(3 * BURST)
            ]
            answers = [each.result() for each in asked]
            refused = [answer for answer in answers if answer.status_code == 429]
            served += len(answers) - len(refused)
            if refused:
                return served, refused[0]
    pytest.fail("nobody was refused")


@pytest.mark.parametrize(
    ("method", "path", "role", "status"),
    [*(("GET", path, role, 200) for path, role in PATHS.items()), ("POST", IMPORTS, Role.DIRECTORY_EDITOR, 422)],
)
def test_each_token_has_its_own_rate_on_each_service_and_is_told_when_to_come_back(
    limited: World, method: str, path: str, role: Role, status: int
) -> None:
    organization_id = uuid4()
    served, answer = _used_up(limited, method, path, limited.headers(role, organization_id))
    assert served >= BURST
    assert answer.json()["type"] == "urn:unavez:problem:rate_limited"
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["cache-control"] == "no-store"
    # Another token of the same organization is another caller; what is public has no rate.
    other = limited.headers(role, organization_id) | {"Content-Type": "application/json"}
    assert limited.client.request(method, limited.url(path), headers=other).status_code == status
    assert limited.get(path.partition("/v1")[0] + "/health/live").status_code == 200


def test_who_waits_is_let_in_again(limited: World) -> None:
    path, headers = "/router/v1/protocol", limited.headers(Role.OPERATOR, uuid4())
    _used_up(limited, "GET", path, headers)
    deadline = time.monotonic() + LATE
    while limited.get(path, headers).status_code != 200:
        assert time.monotonic() < deadline, "still refused"


def test_one_token_that_invents_cases_asks_nobody_past_its_allowance(
    limited: World, fresh_intake: Callable[[], dict[str, Any]]
) -> None:
    team = uuid4()
    worker = limited.headers(Role.FRONTLINE, team, "worker-1")
    answers = [limited.post("/intake/v1/intakes", worker, fresh_intake()) for _ in range(NEW_CASES + 2)]
    assert {answer.status_code for answer in answers} == {201}

    def plan(answer: httpx.Response) -> dict[str, Any]:
        reader = limited.headers(Role.FRONTLINE, team, "worker-1")
        found = limited.get(f"/router/v1/cases/{answer.json()['case_id']}/plan?wait=15", reader)
        assert found.status_code == 200, found.text
        return dict(found.json())

    def asked(plan: dict[str, Any]) -> list[str]:
        return [row["service_type"] for row in plan["referrals"] if row["referral_status"] == "requested"]

    usual, held = [plan(each) for each in answers[:NEW_CASES]], [plan(each) for each in answers[NEW_CASES:]]
    assert all(asked(each) for each in usual)
    for each in held:
        assert asked(each) == []
        assert {tuple(row["withheld_for"]) for row in each["referrals"]} == {("coordinator",)}
    confirmation = f"/router/v1/plans/{held[0]['plan_id']}/confirmation"
    assert limited.post(confirmation, limited.headers(Role.COORDINATOR, team, "worker-1"), {}).status_code in {200, 409}
    assert asked(plan(answers[NEW_CASES])) == []
    confirmed = limited.post(confirmation, limited.headers(Role.COORDINATOR, team, "coordinator-1"), {})
    assert asked(confirmed.json()) == asked(usual[0])


def _post(product: World, size: int) -> tuple[str, dict[str, str], bytes]:
    headers = product.headers(Role.DIRECTORY_EDITOR, uuid4()) | {"Content-Type": "application/json"}
    return product.url(IMPORTS), headers, b" " * size


def test_one_mebibyte_is_read_and_one_byte_more_is_413(product: World) -> None:
    for size, status in ((MEBIBYTE, 422), (MEBIBYTE + 1, 413)):
        url, headers, body = _post(product, size)
        assert product.client.post(url, headers=headers, content=body).status_code == status


def test_a_body_far_over_the_limit_is_413_and_kept_nowhere(product: World, watched: Watched) -> None:
    url, headers, _ = _post(product, 0)
    body = (b" " * 65_536 for _ in range(100 * MEBIBYTE // 65_536))
    with watched() as strain:
        answer = product.client.post(url, headers=headers, content=body)
    assert answer.status_code == 413
    strain.assert_borne(mebibytes=50)


def test_without_a_token_a_large_body_is_401_unread(product: World) -> None:
    assert product.client.post(product.url("/intake/v1/intakes"), content=b" " * (4 * MEBIBYTE)).status_code == 401


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_compressed_body_is_not_unpacked(product: World, encoding: str, watched: Watched) -> None:
    url, headers, _ = _post(product, 0)
    bomb = zlib.compress(b" " * (100 * MEBIBYTE), 9)
    with watched() as strain:
        answer = product.client.post(url, headers=headers | {"Content-Encoding": encoding}, content=bomb)
    assert answer.status_code in {415, 422}
    strain.assert_borne(mebibytes=50)


RAW = {
    "two lengths": b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
    "a length and chunks": (
        b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        b"GET /intake/v1/intakes HTTP/1.1\r\nHost: x\r\n\r\n"
    ),
    "a negative length": b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a length beyond every number": b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 400 + b"\r\n\r\n",
    "a chunk beyond every number": (
        b"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n"
    ),
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
    "a NUL in the address": b"GET {path}\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a line break in a header": b"GET {path} HTTP/1.1\r\nHost: x\r\nX-A: a\rb\nc\r\n\r\n",
    "an address of 200 KB": b"GET {path}?" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a header of 200 KB": b"GET {path} HTTP/1.1\r\nHost: x\r\nX-A: "
    + b"a" * 200_000
    + b"\r\nConnection: close\r\n\r\n",
    "five thousand headers": (
        b"GET {path} HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 5_000 + b"Connection: close\r\n\r\n"
    ),
    "an unknown method": b"FROBNICATE {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a proxy's request": b"GET http://169.254.169.254/latest/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "an upgrade": (
        b"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ),
    "a path out of the root": b"GET {path}/../../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "an encoded path out of the root": (
        b"GET {path}/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    ),
}


@pytest.mark.parametrize("name", RAW)
def test_what_no_client_would_say_is_refused_and_the_next_one_is_served(product: World, name: str) -> None:
    base = httpx.URL(product.bases["/intake"])
    with socket.create_connection((base.host, base.port or 80), timeout=10) as connection:
        connection.settimeout(0.5)
        heard = b""
        try:
            connection.sendall(RAW[name].replace(b"{path}", b"/intake/v1/intakes"))
            while chunk := connection.recv(65_536):
                heard += chunk
        except (TimeoutError, ConnectionError):
            pass  # it waits for more, or hung up: both are refusals
    statuses = [line.split(b" ")[1] for line in heard.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    assert len(statuses) <= 1, "one request was taken for two"
    assert all(status.startswith(b"4") for status in statuses), statuses
    assert b"Traceback" not in heard
    assert product.get("/intake/health/live").status_code == 200


def test_headers_over_the_limit_are_431_as_a_problem(product: World) -> None:
    answer = product.get("/directory/services", {"X-Padding": "a" * 16_384})
    assert answer.status_code == 431
    assert answer.json()["type"] == "urn:unavez:problem:headers_too_large"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"


ORIGINS = ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:8000"]
READ = {**PATHS, "/directory/services": Role.AGENCY}


@pytest.mark.parametrize(
    ("origin", "path", "role"),
    [
        *((origin, path, role) for origin in ORIGINS for path, role in READ.items()),
        (ORIGINS[0], EXPORTS, Role.DIRECTORY_EDITOR),
    ],
)
def test_no_page_of_another_origin_may_read_an_answer(product: World, origin: str, path: str, role: Role) -> None:
    preflight = product.client.options(
        product.url(path),
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    read = product.get(path, product.headers(role, uuid4()) | {"Origin": origin})
    assert preflight.status_code == 405
    assert read.status_code == 200
    assert not [n for n in [*preflight.headers, *read.headers] if n.startswith("access-control-")]
    assert "set-cookie" not in read.headers
