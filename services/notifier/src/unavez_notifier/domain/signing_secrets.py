"""The secret of a subscription: its owner sees it once, and its channel signs with it."""

from __future__ import annotations

import base64
import secrets

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> bytes:
    """Return a fresh signing secret."""
    return secrets.token_bytes(_SECRET_BYTES)


def spoken_secret(secret: bytes) -> str:
    """Return the secret as its owner sees it, once (Standard Webhooks)."""
    return _PREFIX + base64.b64encode(secret).decode("ascii")
