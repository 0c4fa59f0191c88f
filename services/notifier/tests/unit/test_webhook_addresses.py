from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from unavez_notifier.channels.webhook.addresses import AddressPolicy, check_endpoint
from unavez_shared.contracts.errors import InvalidInputError

STRICT = AddressPolicy()
LOOPBACK = AddressPolicy((ip_network("127.0.0.0/8"),))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001::1",
        "fec0::1",
        "feff::1",
        "192.88.99.1",
        "::ffff:192.88.99.1",
    ],
)
def test_address_inside_is_refused(address: str) -> None:
    assert not STRICT.permits(ip_address(address), encrypted=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "190.12.33.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_address_is_permitted_encrypted_only(address: str) -> None:
    assert STRICT.permits(ip_address(address), encrypted=True)
    assert not STRICT.permits(ip_address(address), encrypted=False)


def test_allowed_network_is_permitted_in_clear_too() -> None:
    assert LOOPBACK.permits(ip_address("127.9.9.9"), encrypted=False)
    assert LOOPBACK.permits(ip_address("::ffff:127.0.0.1"), encrypted=True)
    assert not LOOPBACK.permits(ip_address("10.0.0.1"), encrypted=True)


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("http://agency.example/hook", "https_required"),
        ("ftp://agency.example/hook", "https_required"),
        ("https://user:secret@agency.example/", "invalid_url"),
        ("https://agency.example/#part", "invalid_url"),
        ("https:///hook", "invalid_url"),
        ("https://agency.example:99999/", "invalid_url"),
        ("https://agencia\u00f1.example/", "invalid_url"),
        ("https://agency.example/a b", "invalid_url"),
        ("https://agency.example/\r\nX: y", "invalid_url"),
        ("https://[::1/", "invalid_url"),
        ("https://10.0.0.1/hook", "address_not_allowed"),
        ("https://[::1]/hook", "address_not_allowed"),
        ("https://127.0.0.1/hook", "address_not_allowed"),
    ],
)
def test_endpoint_is_refused_with_a_code(endpoint: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_endpoint(endpoint, STRICT)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/endpoint", code)]


def test_https_endpoint_is_accepted_as_given() -> None:
    assert check_endpoint("https://agency.example:8443/hook?x=1", STRICT) == "https://agency.example:8443/hook?x=1"


def test_plain_http_is_accepted_only_where_the_operator_allows_a_network() -> None:
    assert check_endpoint("http://127.0.0.1:9000/hook", LOOPBACK)
    with pytest.raises(InvalidInputError):
        check_endpoint("http://8.8.8.8/hook", LOOPBACK)
