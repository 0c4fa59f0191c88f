"""The local issuer: an Ed25519 key in a private file, tokens of at most 12 hours, and the documents OIDC expects."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
from joserfc import jwt
from joserfc.jwk import OKPKey
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from unavez_shared.contracts.actor import Role
from unavez_shared.web.answer import answer

LOCAL_ISSUER: Final = "urn:unavez:local"
"""Not an address: a token outlives a change of port or host name."""
MAX_LIFETIME: Final = 12 * 3600
"""Seconds."""


class LocalIssuer:
    """Issues tokens for one data directory; the key file is created once, readable by its owner only."""

    def __init__(self, private_key_path: Path, *, audience: str = "unavez") -> None:
        if not private_key_path.exists():
            _create_key(private_key_path)
        self._key = OKPKey.import_key(orjson.loads(private_key_path.read_bytes()))
        self._audience = audience

    def token(self, *, role: Role, organization_id: UUID, subject: str, hours: float = 12) -> str:
        """Return a signed bearer token. Verifiers refuse one that lives longer than 12 hours."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": LOCAL_ISSUER,
            "aud": self._audience,
            "sub": subject,
            "role": Role(role).value,
            "organization_id": str(organization_id),
            "iat": now,
            "exp": now + int(hours * 3600),
            "jti": secrets.token_urlsafe(12),
        }
        header = {"alg": "Ed25519", "kid": self._key.kid, "typ": "at+jwt"}
        return jwt.encode(header, claims, self._key, algorithms=["Ed25519"])

    def jwks(self) -> dict[str, Any]:
        """Return the public key set."""
        return {"keys": [self._key.as_dict(private=False, use="sig", alg="Ed25519")]}

    def write_jwks(self, path: Path) -> None:
        """Write the public key set where services read it (`UNAVEZ_JWKS_FILE`)."""
        path.write_bytes(orjson.dumps(self.jwks()))

    def routes(self, public_url: str) -> list[Route]:
        """Return the routes of the key set and of the discovery document, for the composition."""
        keys = self.jwks()
        discovery = {
            "issuer": LOCAL_ISSUER,
            "jwks_uri": f"{public_url}/.well-known/jwks.json",
            "response_types_supported": ["none"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["Ed25519"],
        }

        async def show_keys(_: Request) -> Response:
            return answer(keys)

        async def show_discovery(_: Request) -> Response:
            return answer(discovery)

        return [
            Route("/.well-known/jwks.json", show_keys, methods=["GET"]),
            Route("/.well-known/openid-configuration", show_discovery, methods=["GET"]),
        ]


def _create_key(path: Path) -> None:
    private = OKPKey.generate_key("Ed25519", {"kid": secrets.token_urlsafe(8), "use": "sig"}, private=True)
    # Written beside and linked: two processes that start together agree on one key, and nobody reads half a file.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(private.as_dict(private=True)))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
