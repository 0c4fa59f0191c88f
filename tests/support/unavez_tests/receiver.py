"""An agency's own HTTP server: answers the handshake, verifies signatures, keeps what it received."""

from __future__ import annotations

import json
import socket
import threading
from collections import defaultdict
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from standardwebhooks import Webhook


class WebhookReceiver:
    """One server for many agencies: `/hook/<organization id>`."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.received: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.bodies: dict[str, list[bytes]] = defaultdict(list)
        self.ids: dict[str, list[str]] = defaultdict(list)
        self.refused: list[str] = []
        self.arrived = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, organization_id: str) -> str:
        return f"http://127.0.0.1:{self.port}/hook/{organization_id}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()

    def wait_for(self, organization_id: str, subject: str, event_type: str, *, seconds: float) -> dict[str, Any]:
        """Return the event once it arrived. Raises AssertionError when it does not."""

        def found() -> dict[str, Any] | None:
            return next(
                (e for e in self.received[organization_id] if e["subject"] == subject and e["type"] == event_type), None
            )

        with self.arrived:
            assert self.arrived.wait_for(lambda: found() is not None, timeout=seconds), (
                f"no {event_type} at the agency's webhook; refused: {self.refused}"
            )
            event = found()
        assert event is not None
        return event

    def take(self, organization_id: str, headers: dict[str, str], body: bytes) -> bool:
        secret = self.secrets.get(organization_id)
        try:
            event = Webhook(secret).verify(body, headers) if secret else json.loads(body)
        except Exception as error:  # noqa: BLE001  (whatever the library finds wrong is a refusal)
            self.refused.append(type(error).__name__)
            return False
        with self.arrived:
            identifier = headers["webhook-id"]
            if identifier not in self.ids[organization_id]:  # at least once on the wire, once in effect
                self.received[organization_id].append(event)
                self.bodies[organization_id].append(body)
            self.ids[organization_id].append(identifier)
            self.arrived.notify_all()
        return True


class _Server(ThreadingHTTPServer):
    """Ends its kept-alive connections when it is closed."""

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.daemon_threads = False
        self._connections: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.append(request)
        super().process_request(request, client_address)

    def hang_up(self) -> None:
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _handler_for(receiver: WebhookReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_OPTIONS(self) -> None:
            self.send_response(200)
            self.send_header("WebHook-Allowed-Origin", self.headers.get("WebHook-Request-Origin", ""))
            self.send_header("WebHook-Allowed-Rate", "*")
            self.send_header("Allow", "POST")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            organization_id = urlsplit(self.path).path.rpartition("/")[2]
            headers = {name.lower(): value for name, value in self.headers.items()}
            accepted = receiver.take(organization_id, headers, body)
            self.send_response(204 if accepted else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it so)
            """Stay silent: pytest shows what matters."""

    return Handler
