"""Connections to endpoints: the address is resolved, judged and pinned at the moment of connecting.

Judging the URL when it was registered is not enough: a name may resolve to something else later (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import ip_address
from ssl import SSLContext
from urllib.parse import urlsplit

import httpx

from unavez_notifier.channels.webhook.addresses import AddressPolicy
from unavez_notifier.channels.webhook.http_connection import Connection

_CONNECT_SECONDS = 3


class AddressRefusedError(Exception):
    """Every address of the endpoint lies where a webhook must not go."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a connection belongs to."""

    encrypted: bool
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint, taken apart once."""

    origin: Origin
    host_header: str
    path: str


@lru_cache(maxsize=4096)
def target_of(endpoint: str) -> Target:
    """Return the parts of an endpoint that `addresses` has accepted."""
    parts = urlsplit(endpoint)
    encrypted = parts.scheme == "https"
    origin = Origin(encrypted, parts.hostname or "", parts.port or (443 if encrypted else 80))
    path = parts.path or "/"
    return Target(origin, parts.netloc, f"{path}?{parts.query}" if parts.query else path)


class GuardedNetwork:
    """Opens connections only where the policy lets it."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy

    @cached_property
    def _tls(self) -> SSLContext:
        return httpx.create_ssl_context()

    async def connect(self, origin: Origin) -> Connection:
        """Connect to the first permitted address that answers.

        Raises `AddressRefusedError` when none is permitted, `TimeoutError` after 3 s, or `OSError`.
        """
        async with asyncio.timeout(_CONNECT_SECONDS):
            failure: OSError | None = None
            for address in await self._permitted(origin):
                try:
                    return await self._open(address, origin)
                except OSError as error:
                    failure = error
        raise failure or AddressRefusedError

    async def _permitted(self, origin: Origin) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise ConnectionError from error
        addresses = (ip_address(str(destination[0]).partition("%")[0]) for *_, destination in found)
        return [str(one) for one in addresses if self._policy.permits(one, encrypted=origin.encrypted)]

    async def _open(self, address: str, origin: Origin) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection,
            address,
            origin.port,
            ssl=self._tls if origin.encrypted else None,
            server_hostname=origin.host if origin.encrypted else None,
        )
        return connection
