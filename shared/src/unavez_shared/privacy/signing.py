"""Who said it: an Ed25519 pair a service, for facts that open or destroy (SAFETY N6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import Service
from unavez_shared.privacy import key_files

ALGORITHM: Final = "Ed25519"
"""The curve of every key, and the JWS name of its signatures (RFC 9864; `EdDSA` is deprecated by it)."""


class SigningKeys:
    """The private key of one service and everybody's public keys."""

    def __init__(self, private: Ed25519PrivateKey, publics: Mapping[Service, Ed25519PublicKey]) -> None:
        self.private = private
        self._publics = publics

    @classmethod
    def load(cls, directory: Path, service: Service) -> SigningKeys:
        """Read `<directory>/signing/<service>.private.jwk` and the four `.public.jwk`. Raises `StartupError`."""
        private = _read(key_file(directory, service, "private")).private_key
        if not isinstance(private, Ed25519PrivateKey):
            raise StartupError(f"falta la clave privada de {service} / {service} has no private signing key")
        publics = {each: _read(key_file(directory, each, "public")).public_key for each in Service}
        return cls(private, {each: key for each, key in publics.items() if isinstance(key, Ed25519PublicKey)})

    def public(self, service: Service) -> Ed25519PublicKey:
        """Return the key this service's statements verify with."""
        return self._publics[service]


def create_key_pairs(directory: Path, services: Iterable[Service]) -> None:
    """Create the pairs that are missing. Never overwrites; an existing private key gets its public half back."""
    key_files.make_private_directory(directory / "signing")
    for service in services:
        pair = OKPKey.generate_key(ALGORITHM, {"kid": service.value})
        path = key_file(directory, service, "private")
        if not key_files.write_once(path, pair.as_dict(private=True)):
            pair = _read(path)
        key_files.write_once(key_file(directory, service, "public"), pair.as_dict(private=False))


def key_file(directory: Path, service: Service, half: str) -> Path:
    """Return where the `private` or `public` half of a service's pair is."""
    return directory / "signing" / f"{service.value}.{half}.jwk"


def _read(path: Path) -> OKPKey:
    content: dict[str, Any] = key_files.read(path)
    try:
        key = OKPKey.import_key(content)
    except (JoseError, ValueError, TypeError, KeyError):
        raise StartupError(f"no es una clave Ed25519: {path} / not an Ed25519 key: {path}") from None
    if key.curve_name != ALGORITHM:
        raise StartupError(f"no es una clave Ed25519: {path} / not an Ed25519 key: {path}")
    return key
