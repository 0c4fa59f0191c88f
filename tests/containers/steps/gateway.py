"""What the gateway answers by itself: problems (RFC 9457), like every answer behind it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

from containers.stage import Stage
from containers.table import Row
from unavez_shared.contracts.services import Service

PROBLEM = "application/problem+json"
LINE = b"Host: gateway\r\nConnection: close\r\n"
OWN = (
    ("a first line that is none", "400", b"NONSENSE\r\n\r\n"),
    ("a header that is none", "400", b"GET /intake/ HTTP/1.1\r\nHost:\r\n\x00: x\r\n\r\n"),
    ("TRACE", "400", b"TRACE /intake/ HTTP/1.1\r\n" + LINE + b"\r\n"),
    ("another HTTP", "400", b"GET /intake/ HTTP/3.0\r\n" + LINE + b"\r\n"),
    ("no such path", "404", b"GET /nowhere HTTP/1.1\r\n" + LINE + b"\r\n"),
    ("3 MB", "413", b"POST /intake/v1/intakes HTTP/1.1\r\nContent-Length: 3000000\r\n" + LINE + b"\r\n"),
    ("a path of 17 kB", "414", b"GET /intake/" + b"x" * 17_000 + b" HTTP/1.1\r\n" + LINE + b"\r\n"),
    ("a header of 17 kB", "431", b"GET /intake/ HTTP/1.1\r\nX-Long: " + b"x" * 17_000 + b"\r\n" + LINE + b"\r\n"),
)
"""What is asked, and the status expected."""


def run(stage: Stage) -> Iterator[Row]:
    """Ask for each; a stopped service is what 502, 503 and 504 stand for."""
    for asked, status, request in OWN:
        seen = _exchange(stage.port, request)
        yield Row(f"{asked}: {status}, a problem", seen[:2] == (status, PROBLEM), " ".join(seen[:2]))
    stage.compose("stop", Service.INTAKE)
    answer = stage.client.get("/intake/health/ready")
    stage.compose("start", Service.INTAKE)
    problem = answer.headers["content-type"] == PROBLEM and answer.json()["status"] == 503
    retry = answer.headers.get("retry-after", "")
    yield Row(
        "503 while a service is away: a problem with Retry-After", problem and bool(retry), f"Retry-After: {retry}"
    )
    seconds = stage.wait_until_ready()
    yield Row("and its service answers again", True, f"{seconds:.1f} s")


def _exchange(port: int, request: bytes) -> tuple[str, str, object]:
    """Return status, media type and body of the answer."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, _, body = answer.decode().partition("\r\n\r\n")
    fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
    kind = fields["content-type"]
    return head.split(" ")[1], kind, json.loads(body) if kind == PROBLEM else None
