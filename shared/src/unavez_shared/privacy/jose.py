"""The two JOSE compact forms events travel in, with one algorithm each, on the primitives of `cryptography`.

JWE `dir` + A256GCM (RFC 7516) and JWS Ed25519 (RFC 7515, RFC 9864). joserfc reads and writes the same and does so
everywhere else, but spends many times what the cipher costs on looking up algorithms, and every event passes here
several times (docs/performance.md). What is not exactly one of the two forms is refused, and each has one notation.
The tests let joserfc open what is made here.
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from unavez_shared.contracts.errors import UnavezError
from unavez_shared.privacy.signing import ALGORITHM

SEALED: Final[dict[str, str]] = {"alg": "dir", "enc": "A256GCM"}
"""What the header of every JWE says besides its own members."""
SIGNED: Final[dict[str, str]] = {"alg": ALGORITHM}
"""What the header of every JWS says besides its own members."""
_NONCE, _TAG = 12, 16
_LONGEST = 192 * 1024
"""Characters: more than the largest event needs."""


class JoseRefusedError(UnavezError):
    """Not one of the two forms, or not made with this key."""

    code = "jose_refused"


def seal(header: Mapping[str, str], plaintext: bytes, key: bytes) -> str:
    """Return a JWE with these header members; `key` has 32 bytes."""
    protected, nonce = encode(orjson.dumps({**SEALED, **header})), os.urandom(_NONCE)
    box = AESGCM(key).encrypt(nonce, plaintext, protected)
    parts = (protected, b"", encode(nonce), encode(box[:-_TAG]), encode(box[-_TAG:]))
    return b".".join(parts).decode()


def open_sealed(sealed: str, key_for: Callable[[Mapping[str, Any]], bytes]) -> bytes:
    """Return the plaintext. `key_for` gets the header members as they are claimed and checks each of them.

    Raises `JoseRefusedError`, and what `key_for` raises.
    """
    protected, encrypted_key, nonce, ciphertext, tag = _parts(sealed, 5)
    header = _header(protected, SEALED)
    key = key_for(header)
    if encrypted_key:
        raise JoseRefusedError("another key than the agreed one")
    try:
        return AESGCM(key).decrypt(_decode(nonce, _NONCE), _decode(ciphertext) + _decode(tag, _TAG), protected)
    except (InvalidTag, ValueError):
        raise JoseRefusedError("does not open") from None


def sign(header: Mapping[str, str], payload: bytes, key: Ed25519PrivateKey) -> str:
    """Return a JWS with these header members."""
    signed = encode(orjson.dumps({**SIGNED, **header})) + b"." + encode(payload)
    return (signed + b"." + encode(key.sign(signed))).decode()


def open_signed(signed: str, header: Mapping[str, str], key: Ed25519PublicKey) -> bytes:
    """Return the payload of a JWS whose header says this. Raises `JoseRefusedError`."""
    protected, payload, signature = _parts(signed, 3)
    if _header(protected, SIGNED) != header:
        raise JoseRefusedError("signed as something else")
    try:
        key.verify(_decode(signature), protected + b"." + payload)
    except InvalidSignature:
        raise JoseRefusedError("another signature") from None
    return _decode(payload)


def encode(raw: bytes) -> bytes:
    """Return base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=")


def _decode(text: bytes, length: int | None = None) -> bytes:
    try:
        raw = urlsafe_b64decode(text + b"==")
    except ValueError:
        raise JoseRefusedError("not base64url") from None
    # One notation: characters that are skipped and bits that say nothing would make a second one.
    if encode(raw) != text or length not in (None, len(raw)):
        raise JoseRefusedError("not base64url")
    return raw


def _parts(compact: Any, count: int) -> list[bytes]:
    if not isinstance(compact, str) or not compact.isascii() or len(compact) > _LONGEST:
        raise JoseRefusedError("not a compact form")
    parts = compact.encode().split(b".")
    if len(parts) != count:
        raise JoseRefusedError("not a compact form")
    return parts


def _header(protected: bytes, expected: Mapping[str, str]) -> dict[str, Any]:
    """Return the header's own members, without what every header says."""
    try:
        header = orjson.loads(_decode(protected))
    except orjson.JSONDecodeError:
        raise JoseRefusedError("not a header") from None
    if not isinstance(header, dict) or any(header.pop(name, None) != value for name, value in expected.items()):
        raise JoseRefusedError("another algorithm")
    return header
