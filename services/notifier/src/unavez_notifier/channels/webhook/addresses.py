"""Where a webhook may go: never into our own network (server-side request forgery), never in clear to the outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from unavez_shared.contracts.errors import Fault, InvalidInputError

Address = IPv4Address | IPv6Address

_LONGEST = 2048
_EMBEDDING = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("2002::/16"))
"""NAT64 and 6to4: public-looking addresses that carry a private IPv4 one inside."""
_INSIDE = (IPv6Network("fec0::/10"), IPv4Network("192.88.99.0/24"))
"""Site-local addresses (RFC 3879) and the relays of 6to4 (RFC 7526): withdrawn, so `ipaddress` calls them global."""


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Decides about one resolved address, at the moment of connecting."""

    allowed: Sequence[IPv4Network | IPv6Network] = ()
    """`UNAVEZ_WEBHOOK_ALLOW_NETWORKS`: what the operator lets through; plain http only to these."""

    def permits(self, address: Address, *, encrypted: bool) -> bool:
        """Tell whether a connection to `address` may be opened."""
        plain = _unmapped(address)
        if any(plain in network for network in self.allowed):
            return True
        if not encrypted or any(plain in network for network in (*_EMBEDDING, *_INSIDE)):
            return False
        return plain.is_global and not (plain.is_multicast or plain.is_reserved)


def _unmapped(address: Address) -> Address:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def check_endpoint(text: str, policy: AddressPolicy) -> str:
    """Return the endpoint as given when a webhook may be sent there.

    A host name is judged again at every connection, by what it resolves to then. Raises `InvalidInputError` with a
    fault at `/endpoint`: `invalid_url`, `https_required` or `address_not_allowed`.
    """
    fault = _fault(text, policy)
    if fault is not None:
        raise InvalidInputError([Fault("/endpoint", fault)])
    return text


def _fault(text: str, policy: AddressPolicy) -> str | None:
    if len(text) > _LONGEST or not text.isascii() or not text.isprintable() or " " in text:
        return "invalid_url"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "invalid_url"
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return "invalid_url"
    encrypted = parts.scheme == "https"
    if not encrypted and (parts.scheme != "http" or not policy.allowed):
        return "https_required"
    try:
        literal = ip_address(host)
    except ValueError:
        return None
    return None if policy.permits(literal, encrypted=encrypted) else "address_not_allowed"
