from __future__ import annotations

import asyncio
import base64
import json
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from unavez_shared.contracts.actor import NOBODY, Role
from unavez_shared.contracts.errors import StartupError
from unavez_shared.web.claims import ClaimNames
from unavez_shared.web.errors import UnauthenticatedError, UnavailableError
from unavez_shared.web.issuer import LOCAL_ISSUER, MAX_LIFETIME, LocalIssuer
from unavez_shared.web.keys import JwksFile, KeyRing, KeysUnavailableError
from unavez_shared.web.tokens import TokenVerifier

ORGANIZATION = UUID("00000000-0000-4000-8000-000000000001")
NOW = int(time.time())
PRIVATE = OKPKey.generate_key("Ed25519", {"kid": "one", "use": "sig"}, private=True)


class Keys:
    """A key source of given keys."""

    must_answer_at_start = False

    def __init__(self, *keys: Key) -> None:
        self.keys = keys
        self.fetched = 0

    async def fetch(self) -> Sequence[Key]:
        self.fetched += 1
        if not self.keys:
            raise KeysUnavailableError
        return self.keys


async def verifier(*keys: Key, **options: Any) -> TokenVerifier:
    ring = KeyRing(Keys(*(keys or (PRIVATE,))))
    await ring.load()
    return TokenVerifier(ring, issuer=LOCAL_ISSUER, audience="unavez", says_when_issued=True, **options)


def token(key: Key = PRIVATE, header: dict[str, Any] | None = None, **claims: Any) -> str:
    content = {
        "iss": LOCAL_ISSUER,
        "aud": "unavez",
        "sub": "CW-12",
        "role": "frontline",
        "organization_id": str(ORGANIZATION),
        "iat": NOW,
        "exp": NOW + 3600,
    } | claims
    content = {name: value for name, value in content.items() if value is not None}
    algorithm = (header or {}).get("alg", "Ed25519")
    return jwt.encode({"alg": algorithm, "kid": "one"} | (header or {}), content, key, algorithms=[algorithm])


def unsigned(header: dict[str, Any], payload: bytes | None = None) -> str:
    claims = token().split(".")[1] if payload is None else encoded(payload)
    return f"{encoded(json.dumps(header).encode())}.{claims}."


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def test_good_token_gives_its_actor() -> None:
    actor = (await verifier()).verify(token()).actor
    assert (actor.subject, actor.role, actor.organization_id) == ("CW-12", Role.FRONTLINE, ORGANIZATION)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(token(exp=NOW - 31), id="expired"),
        pytest.param(token(nbf=NOW + 3600), id="not yet valid"),
        pytest.param(token(iat=NOW + 3600), id="issued in the future"),
        pytest.param(token(aud="other"), id="other audience"),
        pytest.param(token(iss="urn:other"), id="other issuer"),
        pytest.param(token(exp=None), id="without expiry"),
        pytest.param(token(iat=None), id="without issue time"),
        pytest.param(token(aud=None), id="without audience"),
        pytest.param(token(exp=NOW + MAX_LIFETIME + 3600), id="lives too long"),
        pytest.param(token(nonce="n-1"), id="ID token: nonce"),
        pytest.param(token(at_hash="x"), id="ID token: at_hash"),
        pytest.param(token(typ="ID"), id="ID token of Keycloak"),
        pytest.param(token(typ="Refresh"), id="refresh token of Keycloak"),
        pytest.param(token(header={"typ": "logout+jwt"}), id="logout token"),
        pytest.param(token(header={"typ": ""}), id="a kind that is none"),
        pytest.param(token(unit="U-1"), id="restricted to a unit"),
        pytest.param(token(districts=["150101"]), id="restricted to districts"),
        pytest.param(token(districts=[]), id="restricted to no district"),
        pytest.param(token(role="god"), id="unknown role"),
        pytest.param(token(role=["frontline", "operator"]), id="two roles"),
        pytest.param(token(organization_id="x"), id="organization is no id"),
        pytest.param(token(organization_id=str(NOBODY)), id="organization is nobody's"),
        pytest.param(token(sub=None), id="without subject"),
        pytest.param(token(sub="x" * 256), id="long subject"),
        pytest.param(token(exp="tomorrow"), id="expiry is text"),
        pytest.param(token(header={"kid": "two"}), id="unknown key"),
        pytest.param(token(header={"crit": ["b64"], "b64": True}), id="critical header"),
        pytest.param(unsigned({"alg": "none"}), id="alg none"),
        pytest.param(unsigned({"alg": "None", "kid": "one"}), id="alg None"),
        pytest.param(unsigned({"alg": "Ed25519", "kid": "one"}), id="no signature"),
        pytest.param(unsigned({"alg": ["Ed25519"]}), id="alg is a list"),
        pytest.param(unsigned({"kid": "one"}), id="no alg"),
        pytest.param(token()[:-4] + "AAAA", id="broken signature"),
        pytest.param(token() + "a" * 8192, id="huge"),
        pytest.param("a", id="no token"),
        pytest.param("ñ.ñ.ñ", id="not ascii"),
        pytest.param(unsigned({"alg": "Ed25519"}, b"[" * 3000), id="payload is not JSON"),
    ],
)
async def test_bad_token_is_refused(bad: str) -> None:
    with pytest.raises(UnauthenticatedError):
        (await verifier()).verify(bad)


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(token(header={"typ": "at+jwt"}), id="RFC 9068"),
        pytest.param(token(header={"typ": "application/AT+JWT"}, nonce="n-1"), id="RFC 9068, spelt in full"),
        pytest.param(token(header={"typ": "JWT"}, typ="Bearer", azp="app"), id="Keycloak"),
        pytest.param(token(unit=None), id="unit is null"),
    ],
)
async def test_access_tokens_of_known_issuers_are_believed(good: str) -> None:
    assert (await verifier()).verify(good).actor.subject == "CW-12"


@pytest.mark.parametrize("iat", [NOW, None], ids=["from its issue", "from now"])
async def test_a_token_of_a_foreign_issuer_lives_twelve_hours_too(iat: int | None) -> None:
    ring = KeyRing(Keys(PRIVATE))
    await ring.load()
    checked = TokenVerifier(ring, issuer=LOCAL_ISSUER, audience="unavez", now=lambda: float(NOW))
    assert checked.verify(token(iat=iat, exp=NOW + MAX_LIFETIME))
    with pytest.raises(UnauthenticatedError):
        checked.verify(token(iat=iat, exp=NOW + MAX_LIFETIME + 1))


def test_a_restriction_under_a_foreign_name_is_one() -> None:
    names = ClaimNames.parse("unit=office,districts=areas")
    claims = {"sub": "a", "role": "agency", "organization_id": str(ORGANIZATION)}
    for restriction in ({"office": "U-1"}, {"areas": ["15"]}):
        with pytest.raises(ValueError, match="restriction"):
            names.actor(claims | restriction)


async def test_public_key_is_not_taken_as_a_shared_secret() -> None:
    public = OctKey.import_key(PRIVATE.public_key.public_bytes_raw(), {"kid": "one"})
    forged = token(public, {"alg": "HS256"})
    with pytest.raises(UnauthenticatedError):
        (await verifier()).verify(forged)


async def test_key_in_the_token_is_ignored() -> None:
    other = OKPKey.generate_key("Ed25519", {"kid": "one"}, private=True)
    with pytest.raises(UnauthenticatedError):
        (await verifier()).verify(token(other, {"jwk": other.as_dict(private=False)}))


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("ES256", ECKey.generate_key("P-256", {"kid": "one"}, private=True)),
        ("RS256", RSAKey.generate_key(2048, {"kid": "one"}, private=True)),
        ("PS256", RSAKey.generate_key(2048, {"kid": "one"}, private=True)),
    ],
)
async def test_other_allowed_algorithms_verify(algorithm: str, key: Key) -> None:
    assert (await verifier(key)).verify(token(key, {"alg": algorithm})).actor.subject == "CW-12"


async def test_eddsa_by_its_older_name_verifies() -> None:
    with pytest.warns(SecurityWarning):
        named = token(header={"alg": "EdDSA"})
    assert (await verifier()).verify(named).actor.subject == "CW-12"


async def test_short_rsa_key_is_not_used() -> None:
    with pytest.warns(SecurityWarning):
        key = RSAKey.generate_key(1024, {"kid": "one"}, private=True)
    signed = token(key, {"alg": "RS256"})
    with pytest.raises(UnauthenticatedError):
        (await verifier(key)).verify(signed)


async def test_remembered_token_dies_at_its_expiry() -> None:
    now = float(NOW)
    checked = await verifier(now=lambda: now)
    short = token(exp=NOW + 10)
    assert checked.verify(short) is checked.verify(short)
    now = float(NOW + 41)
    with pytest.raises(UnauthenticatedError):
        checked.verify(short)


async def test_without_any_key_the_answer_is_503_not_401() -> None:
    ring = KeyRing(Keys())
    await ring.load()
    with pytest.raises(UnavailableError):
        TokenVerifier(ring, issuer=LOCAL_ISSUER, audience="unavez").verify(token())


async def test_unknown_key_is_looked_for_outside_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unavez_shared.web.keys._REFRESH_AT_MOST_EVERY", 0.01)
    source = Keys(PRIVATE)
    ring = KeyRing(source)
    await ring.load()
    checked = TokenVerifier(ring, issuer=LOCAL_ISSUER, audience="unavez")
    stopping = asyncio.Event()
    running = asyncio.create_task(ring.run(stopping))
    two = OKPKey.generate_key("Ed25519", {"kid": "two"}, private=True)
    source.keys = (PRIVATE, two)
    fresh = token(two, {"kid": "two"})
    with pytest.raises(UnauthenticatedError):
        checked.verify(fresh)
    async with asyncio.timeout(5):
        while source.fetched < 2:  # noqa: ASYNC110  (polled with a deadline)
            await asyncio.sleep(0.005)
    assert checked.verify(fresh).actor.subject == "CW-12"
    stopping.set()
    await asyncio.wait_for(running, 5)


def test_local_issuer_keeps_its_key_private_and_across_restarts(tmp_path: Path) -> None:
    path = tmp_path / "issuer.json"
    first = LocalIssuer(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert LocalIssuer(path).jwks() == first.jwks()
    assert "d" not in first.jwks()["keys"][0]
    assert [entry.name for entry in tmp_path.iterdir()] == ["issuer.json"]


async def test_token_of_the_local_issuer_verifies_and_lives_twelve_hours(tmp_path: Path) -> None:
    issuer = LocalIssuer(tmp_path / "issuer.json")
    issuer.write_jwks(tmp_path / "jwks.json")
    ring = KeyRing(JwksFile(tmp_path / "jwks.json"))
    await ring.load()
    checked = TokenVerifier(ring, issuer=LOCAL_ISSUER, audience="unavez", says_when_issued=True)
    made = issuer.token(role=Role.AGENCY, organization_id=ORGANIZATION, subject="A-1")
    verified = checked.verify(made)
    assert verified.actor.role is Role.AGENCY
    assert 11.9 * 3600 < verified.expires_at - time.time() <= 12 * 3600
    with pytest.raises(UnauthenticatedError):
        checked.verify(issuer.token(role=Role.AGENCY, organization_id=ORGANIZATION, subject="A-1", hours=-1))


async def test_service_without_its_key_file_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(StartupError):
        await KeyRing(JwksFile(tmp_path / "none.json")).load()


def test_claims_of_a_foreign_issuer_are_mapped() -> None:
    names = ClaimNames.parse("role=groups, organization_id=https://x.example/org,sub=email")
    actor = names.actor(
        {"email": "a@example.org", "groups": ["staff", "agency"], "https://x.example/org": str(ORGANIZATION)}
    )
    assert (actor.subject, actor.role, actor.organization_id) == ("a@example.org", Role.AGENCY, ORGANIZATION)
    with pytest.raises(StartupError):
        ClaimNames.parse("colour=x")
