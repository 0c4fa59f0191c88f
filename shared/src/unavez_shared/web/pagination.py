"""Opaque cursors: where the next page begins."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from unavez_shared.contracts.errors import Fault, InvalidInputError

_MAX_CURSOR: Final = 1024


def encode_cursor(*values: str | int | datetime | UUID) -> str:
    """Return a cursor for the sort key of the last row shown."""
    return base64.urlsafe_b64encode(orjson.dumps(values, default=str)).rstrip(b"=").decode()


def decode_cursor(text: str, kinds: Sequence[type[Any]], *, pointer: str = "/cursor") -> tuple[Any, ...]:
    """Return the values of a cursor as `kinds` (str, int, datetime or UUID). Raises `InvalidInputError`."""
    try:
        return tuple(_restore(value, kind) for value, kind in zip(_values(text), kinds, strict=True))
    except (ValueError, TypeError, binascii.Error):
        raise InvalidInputError([Fault(pointer, "invalid_cursor")]) from None


def _values(text: str) -> list[Any]:
    if len(text) > _MAX_CURSOR:
        raise ValueError
    padded = text + "=" * (-len(text) % 4)
    values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if not isinstance(values, list):
        raise TypeError
    return values


def _restore(value: Any, kind: type[Any]) -> Any:
    if kind is UUID:
        return UUID(value if isinstance(value, str) else "")
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment
    if type(value) is not kind or (kind is str and "\x00" in value):
        raise TypeError
    return value
