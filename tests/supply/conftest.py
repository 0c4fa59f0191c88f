"""A source of advisories of our own: what OSV would say, over a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

ADVISORY = {
    "id": "PYSEC-2026-1",
    "aliases": ["CVE-2026-0001"],
    "summary": "synthetic",
    "modified": "2026-01-01T00:00:00Z",
    "published": "2026-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"name": "yarl", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999.1"}]}],
        }
    ],
}
Source = Callable[..., str]


class _Advisories(BaseHTTPRequestHandler):
    """Knows one advisory; or answers with a status, a page, or not at all."""

    vulnerable: frozenset[str]
    status: int
    page: bytes | None
    silent: threading.Event | None

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.silent is not None:
            self.silent.wait()
            return
        found = {"vulns": [{"id": ADVISORY["id"], "modified": ADVISORY["modified"]}]}
        results = [found if query["package"]["name"] in self.vulnerable else {} for query in asked["queries"]]
        self._answer(json.dumps({"results": results}).encode())

    def do_GET(self) -> None:
        self._answer(json.dumps(ADVISORY).encode())

    def _answer(self, body: bytes) -> None:
        body = body if self.page is None else self.page
        self.send_response(self.status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class names it so)
        """Keep the tests' output quiet."""


@pytest.fixture
def source() -> Iterator[Source]:
    """Start a source that answers as told; returns its address."""
    servers: list[ThreadingHTTPServer] = []
    over = threading.Event()

    def start(
        *, vulnerable: frozenset[str] = frozenset(), status: int = 200, page: bytes | None = None, silent: bool = False
    ) -> str:
        behaviour = {"vulnerable": vulnerable, "status": status, "page": page, "silent": over if silent else None}
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Source", (_Advisories,), behaviour))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    over.set()
    for server in servers:
        server.shutdown()
        server.server_close()
