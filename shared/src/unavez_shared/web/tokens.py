"""Bearer tokens: verified once, remembered until they expire. `LocalIssuer` makes them where no OIDC issuer is."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key

from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.errors import StartupError
from unavez_shared.settings import ServiceSettings
from unavez_shared.web.claims import ClaimNames
from unavez_shared.web.errors import UnauthenticatedError, UnavailableError
from unavez_shared.web.issuer import LOCAL_ISSUER, MAX_LIFETIME, LocalIssuer
from unavez_shared.web.keys import JwksFile, KeyRing, OidcIssuer

__all__ = ["LocalIssuer", "TokenVerifier", "Verified"]

_MAX_TOKEN: Final = 8 * 1024
_LEEWAY: Final = 30
_REMEMBERED: Final = 10_000
_MIN_RSA_BITS: Final = 2048
_KEY_OF: Final[Mapping[str, tuple[str, str | None]]] = {
    "Ed25519": ("OKP", "Ed25519"),
    "EdDSA": ("OKP", "Ed25519"),
    "ES256": ("EC", "P-256"),
    "RS256": ("RSA", None),
    "PS256": ("RSA", None),
}
"""The allowed algorithms, and the key type and curve each one needs."""
_ID_TOKEN_CLAIMS: Final = frozenset({"nonce", "at_hash"})


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that verified."""

    actor: Actor
    digest: str
    """SHA-256 of the token: stands for it where it is counted (rate limit)."""
    expires_at: float


def bearer_token(authorization: str) -> str | None:
    """Return the token of an `Authorization` header; None when it holds none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


class TokenVerifier:
    """Verifies bearer tokens against one issuer's keys; never fetches anything inside a request."""

    def __init__(
        self,
        keys: KeyRing,
        *,
        issuer: str,
        audience: str,
        claims: ClaimNames | None = None,
        says_when_issued: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._claims = claims or ClaimNames()
        self._now = now
        self._registry = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": says_when_issued},
        )
        self._remembered: OrderedDict[str, Verified] = OrderedDict()

    @classmethod
    def from_settings(cls, settings: ServiceSettings) -> TokenVerifier:
        """Return the verifier of the OIDC issuer, else of the local one. Raises `StartupError` when neither is set."""
        if settings.oidc_issuer is not None:
            return cls(
                KeyRing(OidcIssuer(settings.oidc_issuer)),
                issuer=settings.oidc_issuer,
                audience=settings.oidc_audience,
                claims=ClaimNames.parse(settings.oidc_claims),
            )
        if settings.jwks_file is None:
            raise StartupError("nobody could be let in: set UNAVEZ_OIDC_ISSUER or UNAVEZ_JWKS_FILE")
        return cls(
            KeyRing(JwksFile(settings.jwks_file)),
            issuer=LOCAL_ISSUER,
            audience=settings.oidc_audience,
            says_when_issued=True,
        )

    async def load(self) -> None:
        """Fetch the keys once. Raises `StartupError` when the local issuer's are not there."""
        await self._keys.load()

    async def run(self, stopping: asyncio.Event) -> None:
        """Keep the keys fresh until stopping."""
        await self._keys.run(stopping)

    def is_ready(self) -> bool:
        """Tell whether any token could be verified."""
        return bool(self._keys.keys)

    def verify(self, token: str) -> Verified:
        """Return who is asking. Raises `UnauthenticatedError`; `UnavailableError` while no key is known."""
        if len(token) > _MAX_TOKEN or not token.isascii():
            raise UnauthenticatedError(presented=True)
        digest = hashlib.sha256(token.encode()).hexdigest()
        verified = self._remembered.get(digest)
        if verified is None:
            verified = self._check(token, digest)
            self._remembered[digest] = verified
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        elif verified.expires_at + _LEEWAY <= self._now():
            del self._remembered[digest]
            raise UnauthenticatedError(presented=True)
        else:
            self._remembered.move_to_end(digest)
        return verified

    def _check(self, token: str, digest: str) -> Verified:
        if not self._keys.keys:
            raise UnavailableError
        try:
            header = _header(token)
            algorithm = header["alg"]
            key = self._key(algorithm, header.get("kid"))
            with warnings.catch_warnings():
                # RFC 9864 renames EdDSA to Ed25519; issuers still say EdDSA, and our key check pins the curve.
                warnings.simplefilter("ignore", SecurityWarning)
                claims = jwt.decode(token, key, algorithms=[algorithm]).claims
            self._registry.validate(claims)
            _require_access_token(header, claims)
            self._require_short_life(claims)
            return Verified(self._claims.actor(claims), digest, float(claims["exp"]))
        except (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
            raise UnauthenticatedError(presented=True) from None

    def _require_short_life(self, claims: Mapping[str, Any]) -> None:
        """Raise `ValueError` for more than 12 hours: from its issue, or from now when the token does not say."""
        if claims["exp"] - claims.get("iat", self._now()) > MAX_LIFETIME:
            raise ValueError("lifetime")

    def _key(self, algorithm: str, kid: str | None) -> Key:
        fitting = [key for key in self._keys.keys if _fits(key, algorithm)]
        if kid is not None:
            fitting = [key for key in fitting if key.kid == kid]
            if not fitting:
                self._keys.want()
        if len(fitting) != 1:
            raise ValueError("key")
        return fitting[0]


def _header(token: str) -> dict[str, Any]:
    """Return the header: an allowed algorithm, a key id that is text if any. Raises `ValueError`."""
    first = token.partition(".")[0]
    header: Any = orjson.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    if not isinstance(header, dict) or header.get("alg") not in _KEY_OF or "crit" in header:
        raise ValueError("header")
    if not isinstance(header.get("kid"), str | None):
        raise ValueError("kid")  # noqa: TRY004  (one kind of refusal, whatever was wrong)
    return header


def _require_access_token(header: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    """Raise `ValueError` for an ID token: it says who logged in at some client, and lets nobody in here.

    Access tokens are `at+jwt` (RFC 9068), or `JWT` as Keycloak's, whose claim `typ` then says `Bearer`. An ID token
    carries `nonce` or `at_hash` (OpenID Connect Core, 2 and 3), Keycloak's `typ: ID`.
    """
    kind = str(header.get("typ")).lower().removeprefix("application/")
    if kind == "at+jwt":
        return
    if kind != "jwt" or not _ID_TOKEN_CLAIMS.isdisjoint(claims) or claims.get("typ", "Bearer") != "Bearer":
        raise ValueError("kind")


def _fits(key: Key, algorithm: str) -> bool:
    kind, curve = _KEY_OF[algorithm]
    stated = key.get("alg", algorithm)
    if key.key_type != kind or _KEY_OF.get(str(stated)) != (kind, curve):
        return False
    if kind == "RSA":
        modulus = key.as_dict(private=False).get("n")
        return stated == algorithm and isinstance(modulus, str) and len(modulus) * 6 >= _MIN_RSA_BITS
    return key.get("crv") == curve
