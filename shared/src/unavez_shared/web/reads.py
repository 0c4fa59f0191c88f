"""Public reads: HEAD, an `ETag` of the bytes sent, 304; and for every other method of a path, 405 with what it takes.

A HEAD on anything else is 405: on a feed or a packet it would count as reading.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Final

from starlette._utils import get_route_path
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unavez_shared.web.auth import PublicGate
from unavez_shared.web.conditional import is_known
from unavez_shared.web.guard import GatedRoute

_OK: Final = 200
_NOT_MODIFIED: Final = 304
_METHOD_NOT_ALLOWED: Final = 405
_NEVER_KEPT: Final = "/health/"
"""What is true for this moment only has no entity tag."""


class PublicReads:
    """Pure ASGI inside the edge of a service; only a whole answer is held until its tag is known, never a stream."""

    def __init__(self, app: ASGIApp, routes: Callable[[], Sequence[GatedRoute]]) -> None:
        self._app = app
        self._paths = [(compile_path(route.path)[0], route) for route in routes()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answered = _Answer(scope, send, self._methods)
        if scope["method"] != "HEAD" or "HEAD" not in self._methods(scope):
            await self._app(scope, receive, answered.send)
            return
        scope.setdefault("state", {})
        as_get = {**scope, "method": "GET"}
        try:
            await self._app(as_get, answered.receive_of_head, answered.send)
        finally:
            scope["route"] = as_get.get("route")

    def _methods(self, scope: Scope) -> list[str]:
        """Return what the request's path takes, in alphabetical order."""
        path = get_route_path(scope)
        found = [route for pattern, route in self._paths if re.match(pattern, path)]
        methods = {route.method for route in found}
        if any(route.method == "GET" and _is_public(route) for route in found):
            methods.add("HEAD")
        return sorted(methods)


class _Answer:
    """One answer on its way out."""

    def __init__(self, scope: Scope, send: Send, methods: Callable[[Scope], Sequence[str]]) -> None:
        self._scope, self._send, self._methods = scope, send, methods
        self._held: Message | None = None
        self._begun = asyncio.Event()
        self._read = self._ended = False

    async def receive_of_head(self) -> Message:
        """Return what the server would: no body, and as soon as the head is sent its reader has left."""
        if self._read:
            await self._begun.wait()
            return {"type": "http.disconnect"}
        self._read = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        """Pass on; the head of what may get a tag waits for the body."""
        if message["type"] == "http.response.start":
            if message["status"] == _METHOD_NOT_ALLOWED:
                MutableHeaders(scope=message)["allow"] = ", ".join(self._methods(self._scope))
            if self._is_tagged(message):
                self._held = message
            else:
                await self._begin(message)
            return
        if self._held is not None:
            start, self._held = self._held, None
            if not message.get("more_body", False):
                message = self._tag(start, message)
            await self._begin(start)
        if self._scope["method"] != "HEAD":
            await self._send(message)
        elif not self._ended:
            # A stream may end early when its reader has left: the head alone is the whole answer.
            self._ended = True
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, start: Message) -> None:
        await self._send(start)
        self._begun.set()

    def _is_tagged(self, start: Message) -> bool:
        return (
            start["status"] == _OK
            and self._scope["method"] in {"GET", "HEAD"}
            and bool(self._scope.get("state", {}).get("public"))
            and not get_route_path(self._scope).startswith(_NEVER_KEPT)
            and "cache-control" not in Headers(raw=start["headers"])
        )

    def _tag(self, start: Message, body: Message) -> Message:
        """Give the answer its tag; return its body, empty when the client has these bytes."""
        tag = f'"{hashlib.sha256(body.get("body", b"")).hexdigest()[:32]}"'
        headers = MutableHeaders(scope=start)
        headers["cache-control"], headers["etag"] = "no-cache", tag
        if not is_known(tag, Headers(scope=self._scope).getlist("if-none-match")):
            return body
        start["status"] = _NOT_MODIFIED
        del headers["content-type"], headers["content-length"]
        return {**body, "body": b""}


def _is_public(route: GatedRoute) -> bool:
    return any(isinstance(gate, PublicGate) for gate in route.gates)
