"""Standard Webhooks: how a receiver knows that a request is ours (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from uuid import UUID

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> bytes:
    """Return a fresh signing secret."""
    return secrets.token_bytes(_SECRET_BYTES)


def spoken_secret(secret: bytes) -> str:
    """Return the secret as its owner sees it, once."""
    return _PREFIX + base64.b64encode(secret).decode("ascii")


def signature_headers(event_id: UUID, body: bytes, *, timestamp: int, keys: Sequence[bytes]) -> dict[str, str]:
    """Return the three headers. Two keys (a rotation within the last day) give two signatures.

    `timestamp` is the true time of the attempt in Unix seconds: a receiver refuses what is older than 5 minutes.
    """
    signed = b"%b.%d.%b" % (str(event_id).encode("ascii"), timestamp, body)
    signatures = (base64.b64encode(hmac.digest(key, signed, "sha256")).decode("ascii") for key in keys)
    return {
        "webhook-id": str(event_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
