"""Standard Webhooks: how a receiver knows that a request is ours (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from uuid import UUID


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
