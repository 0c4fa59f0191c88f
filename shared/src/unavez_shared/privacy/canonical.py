"""Comparing two JSON bodies without keeping either: keyed digest of their canonical form (RFC 8785)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import rfc8785

from unavez_shared.contracts.errors import Fault, InvalidInputError


def keyed_digest(key: bytes, json_value: Any) -> bytes:
    """Return HMAC-SHA256 over the canonical JSON: equal for bodies that differ only in spacing, order or escapes.

    `key`: `KeyEncryptionKey.derive("idempotency")`. Raises `InvalidInputError` for what RFC 8785 cannot write (numbers
    beyond 2^53, lone surrogates).
    """
    try:
        canonical = rfc8785.dumps(json_value)
    except (rfc8785.CanonicalizationError, UnicodeError):
        raise InvalidInputError([Fault("", "not_canonical")]) from None  # its text quotes the value
    return hmac.digest(key, canonical, hashlib.sha256)
