"""W3C trace context: read from a request or an event, carried by a context variable, written into what follows."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar, Token

_FORMAT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current_traceparent() -> str | None:
    """Return a child of the current trace, or None outside of one."""
    parent = _current.get()
    if parent is None:
        return None
    version, trace_id, _, flags = parent.split("-")
    return f"{version}-{trace_id}-{secrets.token_hex(8)}-{flags}"


def enter_trace(traceparent: str | None) -> Token[str | None]:
    """Continue the caller's trace, or begin one where the header is missing or malformed."""
    if traceparent is None or not _FORMAT.fullmatch(traceparent):
        traceparent = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    return _current.set(traceparent)


def leave_trace(token: Token[str | None]) -> None:
    """Restore what was current before."""
    _current.reset(token)
