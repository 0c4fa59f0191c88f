"""The instrument of the attacks is tried itself: it sees memory that was given back, and a wait that is over."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from unavez_shared.testing.ports import free_port
from unavez_tests.strain import PATIENCE_SECONDS, strained

SERVER = """
import sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/spend":
            bytearray(100 * 1024 * 1024)
        if self.path.startswith("/block"):
            time.sleep(float(self.path.rpartition("/")[2]))
        self.send_response(200 if self.path != "/broken" else 503)
        self.end_headers()

    def log_message(self, *_):
        pass

HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
"""Answers one after the other, as a loop does."""


@dataclass(frozen=True)
class Toy:
    pid: int
    url: str

    def ask(self, path: str) -> None:
        assert httpx.get(self.url + path, timeout=30).is_success


@pytest.fixture
def toy() -> Iterator[Toy]:
    port = free_port()
    with subprocess.Popen([sys.executable, "-c", SERVER, str(port)]) as process:
        try:
            url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 20
            while True:
                try:
                    httpx.get(url)
                    break
                except httpx.TransportError:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            yield Toy(process.pid, url)
        finally:
            process.kill()


def test_memory_that_was_given_back_was_taken(toy: Toy) -> None:
    with strained(toy.pid, toy.url) as strain:
        toy.ask("/spend")
    assert 90 < strain.mebibytes < 130
    with pytest.raises(AssertionError, match="MiB"):
        strain.assert_borne(mebibytes=90)
    with strained(toy.pid, toy.url) as afterwards:
        toy.ask("/")
    afterwards.assert_borne(mebibytes=20)


def test_who_asks_meanwhile_waits_as_long_as_the_loop_is_blocked(toy: Toy) -> None:
    with strained(toy.pid, toy.url) as strain:
        time.sleep(0.2)
        toy.ask(f"/block/{PATIENCE_SECONDS + 0.5}")
    assert max(strain.waits) > PATIENCE_SECONDS
    with pytest.raises(AssertionError, match=" s"):
        strain.assert_borne(mebibytes=50)


def test_no_answer_is_the_longest_wait(toy: Toy) -> None:
    with strained(toy.pid, f"{toy.url}/broken") as strain:
        toy.ask("/")
    assert max(strain.waits) == float("inf")
