"""Where token keys come from: a file of the local issuer, or an OIDC issuer's JWKS; refreshed outside of requests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx
import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from unavez_shared.contracts.errors import StartupError
from unavez_shared.observability.log import logger

log = logger(__name__)

_KINDS: Final[dict[str, type[OKPKey | ECKey | RSAKey]]] = {"OKP": OKPKey, "EC": ECKey, "RSA": RSAKey}
_MAX_DOCUMENT: Final = 256 * 1024
_REFRESH_AT_MOST_EVERY: Final = 30.0
_REFRESH_AT_LEAST_EVERY: Final = 3600.0


class KeySource(Protocol):
    """Gives the issuer's current public keys."""

    must_answer_at_start: bool

    async def fetch(self) -> Sequence[Key]:
        """Return the keys. Raises `KeysUnavailableError`."""
        ...


class KeysUnavailableError(Exception):
    """The source did not give a usable key set."""


class JwksFile:
    """Public keys in a file (the local issuer's)."""

    must_answer_at_start = True

    def __init__(self, path: Path) -> None:
        self._path = path

    async def fetch(self) -> Sequence[Key]:
        """Read the file."""
        try:
            return _import_keys(orjson.loads(self._path.read_bytes()))
        except (OSError, ValueError) as error:
            raise KeysUnavailableError from error


class OidcIssuer:
    """Public keys of an OpenID Connect issuer: its discovery document, then its `jwks_uri`."""

    must_answer_at_start = False

    def __init__(self, issuer: str) -> None:
        _require_safe_url(issuer)
        self._issuer = issuer

    async def fetch(self) -> Sequence[Key]:
        """Fetch both documents: no redirects, 256 KiB and 5 s each."""
        url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            async with httpx.AsyncClient(timeout=5, follow_redirects=False, trust_env=True) as client:
                discovery = await _get_json(client, url)
                if not isinstance(discovery, dict) or discovery.get("issuer") != self._issuer:
                    raise KeysUnavailableError
                jwks_uri = str(discovery.get("jwks_uri"))
                _require_safe_url(jwks_uri)
                return _import_keys(await _get_json(client, jwks_uri))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, StartupError) as error:
            raise KeysUnavailableError from error


class KeyRing:
    """The keys in memory. `want()` asks for a refresh, which `run` does at most every 30 s."""

    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._keys: tuple[Key, ...] = ()
        self._wanted = asyncio.Event()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys known now; empty until the source has answered once."""
        return self._keys

    def want(self) -> None:
        """Ask for a refresh because a token names an unknown key: soon, not in its request."""
        self._wanted.set()

    async def load(self) -> None:
        """Fetch once at start. Raises `StartupError` when a source that must be there is not."""
        if not await self._refresh() and self._source.must_answer_at_start:
            raise StartupError("no token keys: UNAVEZ_JWKS_FILE is missing or holds no usable public key")

    async def run(self, stopping: asyncio.Event) -> None:
        """Refresh when asked and once an hour, until stopping."""
        stop = asyncio.ensure_future(stopping.wait())
        pause = _REFRESH_AT_MOST_EVERY if self._keys else 1.0
        try:
            while not stopping.is_set():
                await asyncio.wait({stop}, timeout=pause)
                if self._keys and not stopping.is_set():
                    await _first_of(stop, self._wanted, timeout=_REFRESH_AT_LEAST_EVERY)
                if not stopping.is_set():
                    self._wanted.clear()
                    fresh = await self._refresh()
                    pause = _REFRESH_AT_MOST_EVERY if fresh or self._keys else min(pause * 2, _REFRESH_AT_MOST_EVERY)
        finally:
            stop.cancel()

    async def _refresh(self) -> bool:
        try:
            keys = tuple(await self._source.fetch())
        except KeysUnavailableError:
            log.warning("token_keys_unavailable")
            return False
        if keys:
            self._keys = keys
        return bool(keys)


async def _first_of(stop: asyncio.Future[Any], wanted: asyncio.Event, *, timeout: float) -> None:  # noqa: ASYNC109
    asked = asyncio.ensure_future(wanted.wait())
    try:
        await asyncio.wait({stop, asked}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked.cancel()


async def _get_json(client: httpx.AsyncClient, url: str) -> Any:
    async with client.stream("GET", url, headers={"Accept": "application/json"}) as response:
        response.raise_for_status()
        received = bytearray()
        async for chunk in response.aiter_bytes():
            received += chunk
            if len(received) > _MAX_DOCUMENT:
                raise KeysUnavailableError
    return orjson.loads(received)


def _import_keys(document: Any) -> list[Key]:
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise KeysUnavailableError
    keys: list[Key] = []
    for entry in entries:
        kind = _KINDS.get(entry.get("kty", "")) if isinstance(entry, dict) else None
        # Symmetric keys are never taken: with one, whoever verifies could also sign.
        if kind is not None and entry.get("use", "sig") == "sig":
            public = {name: value for name, value in entry.items() if name != "d"}
            with suppress(JoseError, ValueError, TypeError, KeyError):
                keys.append(kind.import_key(public))
    return keys


def _require_safe_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise StartupError("UNAVEZ_OIDC_ISSUER and its keys must be https (plain http only to this machine)")
