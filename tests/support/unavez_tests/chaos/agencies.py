"""The agencies: HTTP servers that verify what they get, and clients that pull. Each does every event once.

A channel is one entry in `Agencies.effects`: whatever an agency did because of it, in order. A new channel records
there and tells in `listens_after` from where on it is owed every event; the checker needs no change.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from unavez_tests.chaos.history import Channel, OrganizationId, Told
from unavez_tests.chaos.replicas import Gateway

WEBHOOK, PULL = "webhook", "pull"

Misbehave = Callable[[OrganizationId, Told], bool]
"""Called after an event was taken and before it is answered; False = end the connection without an answer."""


class Agencies:
    """All agencies of one run."""

    def __init__(self) -> None:
        self.secrets: dict[OrganizationId, str] = {}
        self.effects: dict[Channel, dict[OrganizationId, list[Told]]] = {WEBHOOK: {}, PULL: {}}
        self.refused: list[str] = []
        self.misbehave: Misbehave | None = None
        self.changed = threading.Condition()
        self._done: dict[tuple[Channel, OrganizationId], dict[str, str]] = defaultdict(dict)
        """The digest of each event that was done."""
        self._deliveries: Counter[str] = Counter()
        self._delivered_at: list[float] = []
        """When a webhook brought a new event. A pull finds what stood in the feed all the time."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, organization_id: OrganizationId) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook/{organization_id}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def deliver(self, organization_id: OrganizationId, headers: Mapping[str, str], body: bytes) -> Told | None:
        """Verify and do; return the event, or None when it is refused."""
        try:
            event = Webhook(self.secrets[organization_id]).verify(body, dict(headers))
        except Exception as error:  # noqa: BLE001  (whatever the library finds wrong is a refusal)
            self.refused.append(type(error).__name__)
            return None
        told = told_of(event, body)
        if headers["webhook-id"] != told.event_id:
            self.refused.append("webhook-id is not the event's id")
            return None
        with self.changed:
            self._deliveries[told.event_id] += 1
        self.do(WEBHOOK, organization_id, told)
        return told

    def times_delivered(self, event_id: str) -> int:
        """How often a webhook brought this event, repeated or not."""
        with self.changed:
            return self._deliveries[event_id]

    def do(self, channel: Channel, organization_id: OrganizationId, told: Told) -> None:
        """Act on an event, unless this agency already did."""
        with self.changed:
            done = self._done[channel, organization_id]
            if told.event_id in done:
                if done[told.event_id] != told.digest:
                    self.refused.append("an event came again with other bytes")
            else:
                done[told.event_id] = told.digest
                self.effects[channel].setdefault(organization_id, []).append(told)
                if channel == WEBHOOK:
                    self._delivered_at.append(time.monotonic())
            self.changed.notify_all()

    def first_delivery_after(self, moment: float, seconds: float) -> float | None:
        """Return how long after `moment` (monotonic) a webhook brought a new event, or None."""

        def first() -> float | None:
            return next((at for at in self._delivered_at if at >= moment), None)

        with self.changed:
            self.changed.wait_for(lambda: first() is not None, timeout=max(0.0, moment + seconds - time.monotonic()))
            at = first()
        return None if at is None else at - moment


class Puller:
    """Pulls the feeds of some organizations in turn, each from the position it remembers."""

    def __init__(self, agencies: Agencies, gateway: Gateway, headers: Mapping[OrganizationId, dict[str, str]]) -> None:
        self._agencies = agencies
        self._gateway = gateway
        self._headers = headers
        self._after = dict.fromkeys(headers, 0)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failed: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(90)

    def _run(self) -> None:
        while not self._stopping.wait(0.2):
            for organization_id, headers in self._headers.items():
                try:
                    self._pull(organization_id, headers)
                except (AssertionError, RuntimeError) as error:
                    self.failed.append(str(error))

    def _pull(self, organization_id: OrganizationId, headers: dict[str, str]) -> None:
        path = f"/notifier/v1/events?after={self._after[organization_id]}&limit=100"
        answer = self._gateway.get(path, headers, seconds=30)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        for event, body in zip(page["events"], bodies_of(page["events"]), strict=True):
            self._agencies.do(PULL, organization_id, told_of(event, body))
        self._after[organization_id] = page["next"]


def told_of(event: Mapping[str, Any], body: bytes) -> Told:
    return Told(event["id"], event["type"], event["subject"], hashlib.sha256(body).hexdigest())


def bodies_of(events: list[Any]) -> list[bytes]:
    """Return each event's bytes as the notifier writes them: compact JSON, keys in their order."""
    return [json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() for event in events]


def _handler_for(agencies: Agencies) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_OPTIONS(self) -> None:
            self.send_response(200)
            self.send_header("WebHook-Allowed-Origin", self.headers.get("WebHook-Request-Origin", ""))
            self.send_header("WebHook-Allowed-Rate", "*")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            organization_id = urlsplit(self.path).path.rpartition("/")[2]
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = agencies.deliver(organization_id, headers, body)
            if told is not None and agencies.misbehave is not None and not agencies.misbehave(organization_id, told):
                self.close_connection = True
                return
            self.send_response(204 if told is not None else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it so)
            """Stay silent: pytest shows what matters."""

    return Handler
