"""Requests without a valid token share one bucket: who shows a token is never in their queue (CONTRACT "Limits")."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from unavez_shared.observability.log import logger
from unavez_shared.web.errors import RateLimitedError, UnauthenticatedError, UnavailableError
from unavez_shared.web.problems import problem_of
from unavez_shared.web.rate import RateLimit
from unavez_shared.web.tokens import TokenVerifier, bearer_token

log = logger(__name__)

PAUSE_SECONDS: Final = 1.0
"""Before a refusal: who asks again as soon as answered asks once a second, and costs next to nothing meanwhile."""
_NEVER_REFUSED: Final = ("/health/live", "/health/ready", "/.well-known/jwks.json")
_LOG_EVERY_SECONDS: Final = 10.0


class Strangers:
    """Pure ASGI around all services of a process: one bucket for everything asked without a valid token.

    Health and the key set have a bucket of their own, and past it a late answer instead of a refusal: nobody outside
    makes a service look ill. `request.state.token` is the digest of a caller's token; a stranger has none.
    """

    def __init__(self, app: ASGIApp, verifier: TokenVerifier, per_second: int) -> None:
        self._app = app
        self._verifier = verifier
        self._buckets = RateLimit(per_second)
        self._refused = 0
        self._logged_at = time.monotonic() - _LOG_EVERY_SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse after a pause."""
        if scope["type"] == "http" and not self._shows_a_token(scope):
            served = scope["path"].endswith(_NEVER_REFUSED)
            refusal = self._count("served" if served else "refused")
            if refusal is not None:
                await asyncio.sleep(PAUSE_SECONDS)
                if not served:
                    await problem_of(refusal)(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    def _shows_a_token(self, scope: Scope) -> bool:
        presented = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        token = bearer_token(presented.decode("latin-1"))
        if token is None:
            return False
        try:
            scope.setdefault("state", {})["token"] = self._verifier.verify(token).digest
        except UnauthenticatedError:
            return False
        except UnavailableError:
            return True  # no key is known yet: the gate says so
        return True

    def _count(self, bucket: str) -> RateLimitedError | None:
        try:
            self._buckets.hit(bucket)
        except RateLimitedError as refusal:
            self._refused += 1
            if time.monotonic() - self._logged_at >= _LOG_EVERY_SECONDS:
                log.warning("strangers_refused", count=self._refused)
                self._refused, self._logged_at = 0, time.monotonic()
            return refusal
        return None
