"""How the floor's events travel: as they are or, beside the floor of the goals, signed and sealed as the product's.

Each event is then signed by who says it (Ed25519), padded to 4 KiB and sealed (A256GCM), and opened and verified by who
hears it, with the product's own functions. So a second ratio tells what confidentiality and proof of origin (SAFETY N5,
N6) cost, and what everything else does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from unavez_shared.privacy import jose

_KEY = bytes(range(32))
_PRIVATE = Ed25519PrivateKey.from_private_bytes(_KEY)
_PUBLIC = _PRIVATE.public_key()
_HEADER = {"kid": "floor"}
_PADDED = 4096
"""Bytes: what most events of the product are padded to."""

Through = Callable[[bytes], bytes]


def of(environment: Mapping[str, str]) -> tuple[Through, Through]:
    """Return what an event goes through when it is said, and when it is heard."""
    return (_close, _open) if environment["FLOOR_SEALS"] == "yes" else (bytes, bytes)


def _close(event: bytes) -> bytes:
    signed = jose.sign(_HEADER, event, _PRIVATE).encode()
    return jose.seal(_HEADER, signed.ljust(_PADDED), _KEY).encode()


def _open(sealed: bytes) -> bytes:
    signed = jose.open_sealed(sealed.decode(), lambda _: _KEY).rstrip()
    return jose.open_signed(signed.decode(), _HEADER, _PUBLIC)
