"""The outer layer of a service: trace, request id, security headers, access log; the answer to what nobody caught."""

from __future__ import annotations

import secrets
import time
from typing import Any, Final

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unavez_shared.contracts.services import Service
from unavez_shared.messaging.transient import is_contention, is_down
from unavez_shared.observability.log import logger
from unavez_shared.observability.measures import HttpMeasures
from unavez_shared.observability.trace import enter_trace, leave_trace
from unavez_shared.web.problems import INTERNAL_ERROR_BODY, MEDIA_TYPE, UNAVAILABLE_BODY

log = logger(__name__)

SECURITY_HEADERS: Final = (
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
)
"""On every answer, the gateway's and a refused connection's too."""
REQUEST_ID: Final = "x-request-id"
"""On every answer too, and in the access log: what a caller may quote to an operator."""
_AWAY: Final = (OperationalError, InterfaceError, InternalError, PoolTimeoutError, ConnectionError, TimeoutError)
"""The database or the network is away: 503, not 500."""


class Edge:
    """Pure ASGI, so that nothing is buffered and no task is added per request."""

    def __init__(self, app: ASGIApp, service: Service, measures: HttpMeasures) -> None:
        self._app = app
        self._service = service.value
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; never raises for it, so that no server logs an exception text."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status, request_id = 0, new_request_id()

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                _set_headers(headers, scope)
                headers[REQUEST_ID] = request_id
            await send(message)

        token = enter_trace(_header(scope, b"traceparent"))
        try:
            await self._app(scope, receive, send_guarded)
        except ClientDisconnect:
            log.info("client_left", service=self._service, request_id=request_id, route=_route(scope))
        except Exception as error:  # noqa: BLE001  (the last line: whatever it was, its text goes nowhere)
            log.error(  # noqa: TRY400  (the class is all that may be known)
                "request_failed",
                service=self._service,
                request_id=request_id,
                route=_route(scope),
                error=type(error).__name__,
            )
            if status == 0:
                away = isinstance(error, _AWAY) or is_down(error) or is_contention(error)
                await _send_problem(send_guarded, *((503, UNAVAILABLE_BODY) if away else (500, INTERNAL_ERROR_BODY)))
        finally:
            leave_trace(token)
            seconds, route = time.perf_counter() - began, _route(scope)
            self._measures.answered(scope["method"], route, status, seconds)
            log.info(
                "request",
                service=self._service,
                request_id=request_id,
                method=scope["method"],
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 2),
                role=scope.get("state", {}).get("role"),
            )


class Shell:
    """Around all services: what none of them answers (health, the key set, a path of nobody) has the headers too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; answers that come from an edge already have everything."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "referrer-policy" not in headers:
                    _set_security(headers)
                    headers.setdefault("cache-control", "no-store")
                    headers[REQUEST_ID] = new_request_id()
            await send(message)

        await self._app(scope, receive, send_guarded)


def new_request_id() -> str:
    """Return 32 random hexadecimal digits: never the trace, never anything a client sent, the same shape always."""
    return secrets.token_hex(16)


def _set_security(headers: MutableHeaders) -> None:
    for name, value in SECURITY_HEADERS:
        headers.setdefault(name, value)


def _set_headers(headers: MutableHeaders, scope: Scope) -> None:
    _set_security(headers)
    # Only what is public may be kept by anyone on the way.
    if "cache-control" not in headers or not scope.get("state", {}).get("public"):
        headers["cache-control"] = "no-store"


def _route(scope: Scope) -> str | None:
    """Return the route's template, never the path: paths hold ids."""
    path: Any = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else None


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


async def _send_problem(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *([(b"retry-after", b"1")] if status == 503 else []),  # noqa: PLR2004
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
