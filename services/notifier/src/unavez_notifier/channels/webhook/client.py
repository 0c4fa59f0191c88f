"""The HTTP side of webhooks: kept-alive connections, hard time-outs, no redirects, no proxies."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from unavez_notifier.channels.channel import Answer
from unavez_notifier.channels.webhook.addresses import AddressPolicy
from unavez_notifier.channels.webhook.guarded_network import AddressRefusedError, GuardedNetwork, Origin, target_of
from unavez_notifier.channels.webhook.http_connection import BadAnswerError, Connection, Head

_TOTAL_SECONDS = 10
_KEEP_ALIVE_SECONDS = 4
"""Shorter than the 5 s after which many servers close: a connection is not reused at the moment it dies."""
_OK = range(200, 300)
_GONE = 410
_RETRY_AFTER = frozenset({429, 503})


class WebhookClient:
    """Asks and delivers. One per process; close it when the service stops."""

    def __init__(self, policy: AddressPolicy, *, public_url: str) -> None:
        self._asker = urlsplit(public_url).hostname or "unavez"
        self._network = GuardedNetwork(policy)
        self._watched: set[Origin] = set()
        self._idle: defaultdict[Origin, dict[Connection, float]] = defaultdict(dict)
        # until when each may be used again; the one used last comes first

    async def handshake(self, endpoint: str) -> bool:
        """Ask by OPTIONS whether events are wanted (CloudEvents web hooks, section 4). Never raises."""
        try:
            head = await self._request("OPTIONS", endpoint, {"WebHook-Request-Origin": self._asker}, b"")
        except (AddressRefusedError, BadAnswerError, TimeoutError, OSError):
            return False
        allowed = head.headers.get("webhook-allowed-origin", "").strip()
        return head.status in _OK and allowed in {"*", self._asker}

    async def deliver(self, endpoint: str, headers: dict[str, str], body: bytes) -> Answer:
        """POST one event. Never raises: what went wrong is a code."""
        sent = {"Content-Type": "application/cloudevents+json", **headers}
        try:
            head = await self._request("POST", endpoint, sent, body)
        except AddressRefusedError:
            return Answer("failed", error="address_not_allowed")
        except TimeoutError:
            return Answer("failed", error="timeout")
        except OSError:
            return Answer("failed", error="connection")
        except BadAnswerError:
            return Answer("failed", error="protocol")
        return _answer(head)

    async def _request(self, method: str, endpoint: str, headers: dict[str, str], body: bytes) -> Head:
        target = target_of(endpoint)
        lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.host_header}", "User-Agent: Unavez"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines.append(f"Content-Length: {len(body)}\r\n\r\n")
        request = "\r\n".join(lines).encode("ascii") + body
        async with asyncio.timeout(_TOTAL_SECONDS):
            if (kept := self._kept(target.origin)) is not None:
                try:
                    return await self._send(kept, request, target.origin)
                except ConnectionError:
                    if kept.heard_anything:
                        raise
                    # Its server closed it while it was idle: that is no failure of the endpoint.
            return await self._send(await self._network.connect(target.origin), request, target.origin)

    async def _send(self, connection: Connection, request: bytes, origin: Origin) -> Head:
        try:
            head = await connection.send(request)
        except BaseException:
            connection.close()
            raise
        if connection.is_open:
            self._keep(connection, origin)
        return head

    def _keep(self, connection: Connection, origin: Origin) -> None:
        loop = asyncio.get_running_loop()
        self._idle[origin][connection] = loop.time() + _KEEP_ALIVE_SECONDS
        if origin not in self._watched:
            self._watched.add(origin)
            loop.call_later(_KEEP_ALIVE_SECONDS, self._expire, origin)

    def _kept(self, origin: Origin) -> Connection | None:
        idle = self._idle.get(origin)
        now = asyncio.get_running_loop().time()
        while idle:
            connection, until = idle.popitem()
            if connection.is_open and until > now:
                return connection
            connection.close()
        return None

    def _expire(self, origin: Origin) -> None:
        """Close what has been idle for too long; come again while anything is left."""
        loop = asyncio.get_running_loop()
        idle = self._idle.get(origin, {})
        for connection in [one for one, until in idle.items() if until <= loop.time()]:
            del idle[connection]
            connection.close()
        if idle:
            loop.call_at(min(idle.values()), self._expire, origin)
        else:
            self._watched.discard(origin)
            self._idle.pop(origin, None)

    async def close(self) -> None:
        """Close every idle connection."""
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()


def _answer(head: Head) -> Answer:
    if head.status in _OK:
        return Answer("delivered", head.status)
    if head.status == _GONE:
        return Answer("gone", head.status)
    return Answer("failed", head.status, retry_after=_retry_after(head))


def _retry_after(head: Head) -> timedelta | None:
    text = head.headers.get("retry-after", "").strip()
    if head.status not in _RETRY_AFTER or not text:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text[:9]))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)
