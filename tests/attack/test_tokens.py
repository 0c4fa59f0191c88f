"""Tokens nobody should believe, against every service of the running product. A new one is an entry in `TOKENS`."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from unavez_shared.contracts.actor import Role
from unavez_shared.web.issuer import LOCAL_ISSUER
from unavez_tests.world import World

GATED = {
    "/intake/v1/vocabularies": Role.FRONTLINE,
    "/directory/v1/exports": Role.DIRECTORY_EDITOR,
    "/router/v1/tasks": Role.FRONTLINE,
    "/notifier/v1/events": Role.AGENCY,
}
"""One gated route of each service, and a role that may read it."""

Forge = Callable[[Key, dict[str, Any]], str]
"""The issuer's own key and good claims → a token that must not be believed."""


def signed(key: Key, claims: dict[str, Any], **header: Any) -> str:
    algorithm = header.get("alg", "Ed25519")
    return jwt.encode({"alg": algorithm, "kid": key.kid, **header}, claims, key, algorithms=[algorithm])


def encoded(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_claims(**changes: Any) -> Forge:
    """Return good claims but for these; a value of None leaves the claim out."""

    def forge(key: Key, claims: dict[str, Any]) -> str:
        return signed(key, {name: value for name, value in (claims | changes).items() if value is not None})

    return forge


def with_header(**header: Any) -> Forge:
    return lambda key, claims: signed(key, claims, **header)


def unsigned(**header: Any) -> Forge:
    return lambda _, claims: f"{encoded(header)}.{encoded(claims)}."


def of_another_key(make: Callable[[str], Key], **header: Any) -> Forge:
    return lambda key, claims: signed(make(str(key.kid)), claims, **header)


def with_its_own_key(key: Key, claims: dict[str, Any]) -> str:
    other = OKPKey.generate_key("Ed25519", {"kid": key.kid})
    return signed(other, claims, jwk=other.as_dict(private=False))


def public_key_as_a_secret(key: Key, claims: dict[str, Any]) -> str:
    secret = OctKey.import_key(json.dumps(key.as_dict(private=False)).encode(), {"kid": key.kid})
    return signed(secret, claims, alg="HS256")


def tampered(key: Key, claims: dict[str, Any]) -> str:
    header, _, signature = signed(key, claims | {"role": "statistics"}).split(".")
    return f"{header}.{encoded(claims)}.{signature}"


NOW = int(time.time())
TOKENS: dict[str, Forge] = {
    "algorithm none": unsigned(alg="none"),
    "algorithm nOnE with the issuer's key id": unsigned(alg="nOnE", kid="one"),
    "no signature": lambda key, claims: signed(key, claims).rpartition(".")[0] + ".",
    "another claim under the same signature": tampered,
    "HMAC with the public key as its secret": public_key_as_a_secret,
    "another Ed25519 key under the issuer's key id": of_another_key(
        lambda kid: OKPKey.generate_key("Ed25519", {"kid": kid})
    ),
    "ES256 under the issuer's key id": of_another_key(
        lambda kid: ECKey.generate_key("P-256", {"kid": kid}), alg="ES256"
    ),
    "RS256 under the issuer's key id": of_another_key(lambda kid: RSAKey.generate_key(2048, {"kid": kid}), alg="RS256"),
    "an unknown key id": with_header(kid="another"),
    "a key id that is a path": with_header(kid="../../../../dev/null"),
    "its own key in the header": with_its_own_key,
    "a key to be fetched": of_another_key(
        lambda kid: OKPKey.generate_key("Ed25519", {"kid": kid}),
        jku="http://127.0.0.1:1/keys",
        x5u="http://127.0.0.1:1/certificate",
    ),
    "another issuer": with_claims(iss="https://issuer.example"),
    "no issuer": with_claims(iss=None),
    "another audience": with_claims(aud="another"),
    "no audience": with_claims(aud=None),
    "expired": with_claims(iat=NOW - 7200, exp=NOW - 3600),
    "never expires": with_claims(exp=None),
    "lives longer than twelve hours": with_claims(exp=NOW + 13 * 3600),
    "lives longer and does not say since when": with_claims(iat=None, exp=NOW + 13 * 3600),
    "an ID token with its nonce": with_claims(nonce="n-1"),
    "an ID token with the hash of an access token": with_claims(at_hash="x"),
    "an ID token of Keycloak": with_claims(typ="ID"),
    "a logout token": with_header(typ="logout+jwt"),
    "a token for one unit": with_claims(unit="U-1"),
    "a token for some districts": with_claims(districts=["150101"]),
    "not yet valid": with_claims(nbf=NOW + 3600),
    "issued tomorrow": with_claims(iat=NOW + 86_400, exp=NOW + 90_000),
    "expiry beyond every number": with_claims(exp=10**400),
    "an unknown role": with_claims(role="administrator"),
    "two roles": with_claims(role=["agency", "operator"]),
    "an organization that is none": with_claims(organization_id="*"),
    "no organization": with_claims(organization_id=None),
    "no subject": with_claims(sub=None),
    "8 KiB and more": with_claims(padding="x" * 9_000),
    "three empty parts": lambda *_: "..",
    "a hundred parts": lambda *_: ".".join(["x"] * 100),
    "an encrypted token": lambda *_: ".".join([encoded({"alg": "dir", "enc": "A256GCM"}), "", "a", "b", "c"]),
    "claims nested a thousand deep": lambda *_: (
        f"{encoded({'alg': 'Ed25519'})}.{urlsafe_b64encode(b'[' * 1000).decode()}.x"
    ),
}

HEADERS = {
    "no header": [],
    "nothing": [("Authorization", "")],
    "the scheme alone": [("Authorization", "Bearer")],
    "another scheme": [("Authorization", "Basic {token}")],
    "no scheme": [("Authorization", "{token}")],
    "two tokens": [("Authorization", "Bearer {token},{token}")],
    "a bad one first": [("Authorization", "Bearer x"), ("Authorization", "Bearer {token}")],
    "in a cookie": [("Cookie", "access_token={token}")],
    "as a custom header": [("X-Authorization", "Bearer {token}"), ("X-User", "admin"), ("X-Role", "operator")],
}
"""Ways to present a good token that are none."""


def claims_of(role: Role) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": LOCAL_ISSUER,
        "aud": "unavez",
        "sub": "attacker",
        "role": role.value,
        "organization_id": str(uuid4()),
        "iat": now,
        "exp": now + 3600,
    }


@pytest.fixture(scope="module")
def issuer_key(product: World) -> Key:
    return OKPKey.import_key(json.loads(product.data.keys().issuer_file.read_bytes()))


@pytest.mark.parametrize("path", GATED)
def test_a_good_token_made_the_same_way_is_believed(product: World, issuer_key: Key, path: str) -> None:
    token = signed(issuer_key, claims_of(GATED[path]))
    assert product.get(path, {"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("name", TOKENS)
def test_a_bad_token_is_the_same_401_everywhere(product: World, issuer_key: Key, name: str) -> None:
    for path, role in GATED.items():
        token = TOKENS[name](issuer_key, claims_of(role))
        answer = product.get(path, {"Authorization": f"Bearer {token}"})
        _assert_refused(answer)
        assert token == ".." or token not in answer.text


@pytest.mark.parametrize("name", HEADERS)
def test_a_token_presented_otherwise_is_no_token(product: World, issuer_key: Key, name: str) -> None:
    for path, role in GATED.items():
        token = signed(issuer_key, claims_of(role))
        headers = [(header, value.replace("{token}", token)) for header, value in HEADERS[name]]
        _assert_refused(product.client.get(product.url(path), headers=headers))
        product.client.cookies.clear()


def test_a_token_in_the_address_is_no_token(product: World, issuer_key: Key) -> None:
    for path, role in GATED.items():
        token = signed(issuer_key, claims_of(role))
        _assert_refused(product.get(f"{path}?access_token={token}"))


def _assert_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:unavez:problem:unauthenticated"
    assert answer.headers["www-authenticate"].startswith('Bearer realm="unavez"')
    assert answer.headers["cache-control"] == "no-store"
