"""One key for one purpose: HKDF-SHA256 with a label."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand


def derive(key: bytes, label: str) -> bytes:
    """Return 32 bytes for this purpose from a uniformly random 256-bit key; one-way."""
    return HKDFExpand(algorithm=SHA256(), length=32, info=f"unavez/{label}".encode()).derive(key)
