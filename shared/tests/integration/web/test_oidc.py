from __future__ import annotations

import json
import threading
import time
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.errors import StartupError
from unavez_shared.web.claims import ClaimNames
from unavez_shared.web.errors import UnauthenticatedError
from unavez_shared.web.keys import KeyRing, OidcIssuer
from unavez_shared.web.tokens import TokenVerifier

ORGANIZATION = "00000000-0000-4000-8000-000000000001"
CLIENT = "unavez-test"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider's own libraries


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A third-party OpenID Connect issuer on this machine, with one synthetic person."""
    with warnings.catch_warnings(record=True):
        import oidc_provider_mock
    claims = {"unavez_role": ["staff", "agency"], "org": ORGANIZATION}
    user = oidc_provider_mock.User(sub="synthetic", claims=claims)
    with oidc_provider_mock.run_server_in_thread(user_claims=[user]) as server:
        yield f"http://localhost:{server.server_port}"


async def id_token(provider: str) -> str:
    async with httpx.AsyncClient(base_url=provider) as client:
        redirect = await client.post(
            "/oauth2/authorize",
            params={
                "client_id": CLIENT,
                "redirect_uri": "http://localhost/back",
                "response_type": "code",
                "scope": "openid profile email",
            },
            data={"sub": "synthetic"},
        )
        code = parse_qs(urlsplit(redirect.headers["location"]).query)["code"][0]
        answer = await client.post(
            "/oauth2/token",
            data={"grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost/back"},
            auth=(CLIENT, "synthetic-secret"),
        )
    token: str = answer.json()["id_token"]
    return token


async def verifier(provider: str, audience: str) -> TokenVerifier:
    ring = KeyRing(OidcIssuer(provider))
    await ring.load()
    claims = ClaimNames.parse("role=unavez_role,organization_id=org")
    return TokenVerifier(ring, issuer=provider, audience=audience, claims=claims)


class Keycloak(BaseHTTPRequestHandler):
    """An issuer that says its access tokens are `JWT`, as Keycloak does: what it publishes, over HTTP."""

    key: ClassVar[RSAKey] = RSAKey.generate_key(2048, {"kid": "synthetic", "alg": "RS256", "use": "sig"})

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        url = f"http://localhost:{self.server.server_address[1]}"
        discovery = {"issuer": url, "jwks_uri": f"{url}/jwks"}
        keys = {"keys": [self.key.as_dict(private=False)]}
        body = json.dumps(keys if self.path == "/jwks" else discovery).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def keycloak() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Keycloak)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_access_token_of_a_third_party_issuer_lets_its_bearer_in(keycloak: str) -> None:
    now = int(time.time())
    claims = {"iss": keycloak, "aud": [CLIENT, "account"], "sub": "synthetic", "iat": now, "exp": now + 300}
    claims |= {"typ": "Bearer", "unavez_role": ["staff", "agency"], "org": ORGANIZATION}
    token = jwt.encode({"alg": "RS256", "kid": "synthetic", "typ": "JWT"}, claims, Keycloak.key)
    actor = (await verifier(keycloak, CLIENT)).verify(token).actor
    assert (actor.subject, actor.role, actor.organization_id) == ("synthetic", Role.AGENCY, UUID(ORGANIZATION))


async def test_id_token_of_a_third_party_issuer_lets_nobody_in(provider: str) -> None:
    with pytest.raises(UnauthenticatedError):
        (await verifier(provider, CLIENT)).verify(await id_token(provider))


async def test_token_of_a_third_party_issuer_for_another_audience_does_not(provider: str) -> None:
    with pytest.raises(UnauthenticatedError):
        (await verifier(provider, "unavez")).verify(await id_token(provider))


async def test_issuer_that_calls_itself_otherwise_gives_no_keys(provider: str) -> None:
    ring = KeyRing(OidcIssuer(provider.replace("localhost", "127.0.0.1") + "/"))
    await ring.load()
    assert ring.keys == ()


def test_issuer_elsewhere_must_be_https() -> None:
    with pytest.raises(StartupError):
        OidcIssuer("http://issuer.example.org")
