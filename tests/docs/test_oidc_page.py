"""`docs/integrate/oidc.md` says what the verifier does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from unavez_shared.contracts.actor import Role
from unavez_shared.web import claims, tokens
from unavez_shared.web.claims import ClaimNames
from unavez_shared.web.errors import UnauthenticatedError
from unavez_shared.web.keys import JwksFile, KeyRing
from unavez_shared.web.tokens import TokenVerifier
from unavez_tests.pages import ROOT, blocks

PAGE = "docs/integrate/oidc.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")


async def verify(change: dict[str, object], folder: Path) -> Role:
    """Verify the page's token with the page's settings, after a change, minutes after its issue."""
    settings = dict(line.split("=", 1) for line in next(b.text for b in blocks(PAGE) if b.language == "ini").split())
    payload = json.loads(next(b.text for b in blocks(PAGE) if b.language == "json")) | change
    key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
    (folder / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    ring = KeyRing(JwksFile(folder / "jwks.json"))
    await ring.load()
    verifier = TokenVerifier(
        ring,
        issuer=settings["UNAVEZ_OIDC_ISSUER"],
        audience=settings["UNAVEZ_OIDC_AUDIENCE"],
        claims=ClaimNames.parse(settings["UNAVEZ_OIDC_CLAIMS"]),
        now=lambda: payload["iat"] + 60,
    )
    token = jwt.encode({"alg": "RS256", "kid": "1", "typ": "JWT"}, payload, key, algorithms=["RS256"])
    return verifier.verify(token).actor.role


async def test_the_pages_keycloak_token_is_believed_with_the_pages_settings(tmp_path: Path) -> None:
    assert await verify({}, tmp_path) is Role.FRONTLINE


@pytest.mark.parametrize(
    "change",
    [{"aud": "account"}, {"nonce": "n"}, {"typ": "ID"}, {"exp": 1796130000 + 12 * 3600 + 1}, {"districts": ["15"]},
     {"unavez_role": ["agency", "frontline"]}, {"unavez_organization": "ours"}, {"iss": "https://id.example.org"}],
    ids=str,
)  # fmt: skip
async def test_what_the_page_calls_refused_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(UnauthenticatedError):
        await verify(change, tmp_path)


def test_the_page_names_every_claim_algorithm_and_role() -> None:
    for name in (*claims._NAMES, *tokens._KEY_OF, *tokens._ID_TOKEN_CLAIMS, *(role.value for role in Role)):
        assert f"`{name}`" in TEXT, name
