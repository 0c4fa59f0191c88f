"""What is made here joserfc opens, what joserfc makes opens here, and nothing else does."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as some
from joserfc import jwe, jws
from joserfc.jwk import OctKey, OKPKey
from joserfc.registry import HeaderParameter

from unavez_shared.privacy import jose
from unavez_shared.privacy.jose import JoseRefusedError

KEY, PEN = secrets.token_bytes(32), Ed25519PrivateKey.generate()
BOX_KEY, PEN_KEY = OctKey.import_key(KEY), OKPKey.import_key(PEN)
BOXES = jwe.JWERegistry(header_registry={"ctx": HeaderParameter("", "str")}, algorithms=["dir", "A256GCM"])
LETTERS = jws.JWSRegistry(algorithms=["Ed25519"])
HEADER, KID = {"kid": "referral.2026-11-20", "ctx": "abc"}, {"kid": "router"}


def opened(sealed: str, key: bytes = KEY) -> bytes:
    return jose.open_sealed(sealed, lambda _: key)


@given(some.binary(max_size=200))
def test_joserfc_opens_what_is_sealed_here_and_the_other_way_round(plaintext: bytes) -> None:
    read = jwe.decrypt_compact(jose.seal(HEADER, plaintext, KEY), BOX_KEY, registry=BOXES)
    theirs = jwe.encrypt_compact({**jose.SEALED, **HEADER}, plaintext, BOX_KEY, registry=BOXES)

    assert (read.plaintext, read.protected) == (plaintext, {**jose.SEALED, **HEADER})
    assert opened(theirs) == plaintext


@given(some.binary(max_size=200))
def test_joserfc_verifies_what_is_signed_here_and_the_other_way_round(payload: bytes) -> None:
    ours, theirs = (
        jose.sign(KID, payload, PEN),
        jws.serialize_compact({**jose.SIGNED, **KID}, payload, PEN_KEY, registry=LETTERS),
    )

    assert ours == theirs
    assert jws.deserialize_compact(ours, PEN_KEY, registry=LETTERS).payload == payload
    assert jose.open_signed(theirs, KID, PEN.public_key()) == payload


def test_the_claimed_header_is_given_before_any_key_is_used() -> None:
    claimed: list[Mapping[str, object]] = []

    def look(header: Mapping[str, object]) -> bytes:
        claimed.append(header)
        raise LookupError

    with pytest.raises(LookupError):
        jose.open_sealed(jose.seal(HEADER, b"x", KEY), look)
    assert claimed == [HEADER]


def with_header(**members: object) -> Callable[[str], str]:
    return lambda text: ".".join([_encoded({**jose.SEALED, **HEADER, **members}), *text.split(".")[1:]])


def _encoded(header: object) -> str:
    return urlsafe_b64encode(orjson.dumps(header)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + ".",
        lambda text: text + "=",
        lambda text: text[:-1],
        lambda text: text.replace(".", "..", 1),
        lambda text: text.replace("..", ".AAAA.", 1),
        lambda text: text[:60] + "\n" + text[60:],
        lambda text: text.rpartition(".")[0] + ".",
        lambda text: ".".join([*text.split(".")[:2], "AAAA", *text.split(".")[3:]]),
        lambda _: "x" * 300_000,
        lambda _: None,
        lambda _: {},
        lambda _: "é.é.é.é.é",
        lambda _: "null....",
        lambda _: "bnVsbA....",
        with_header(alg="none"),
        with_header(alg="A256KW"),
        with_header(enc="A128GCM"),
        with_header(zip="DEF"),
        with_header(kid="another"),
    ],
)
def test_whatever_is_not_exactly_the_sealed_form_is_refused(spoil: Callable[[str], str]) -> None:
    with pytest.raises(JoseRefusedError):
        opened(spoil(jose.seal(HEADER, b"synthetic", KEY)))


def test_every_other_last_character_of_a_part_is_refused() -> None:
    sealed = jose.seal(HEADER, b"synthetic!", KEY)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    for character in alphabet.replace(sealed[-1], ""):
        with pytest.raises(JoseRefusedError):
            opened(sealed[:-1] + character)


def test_another_key_opens_nothing_and_verifies_nothing() -> None:
    with pytest.raises(JoseRefusedError):
        opened(jose.seal(HEADER, b"x", KEY), secrets.token_bytes(32))
    with pytest.raises(JoseRefusedError):
        jose.open_signed(jose.sign(KID, b"x", PEN), KID, Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize("header", [{"kid": "intake"}, {}, {**KID, "crit": ["x"]}, {**KID, "b64": "false"}])
def test_a_signature_under_another_header_is_refused(header: dict[str, str]) -> None:
    with pytest.raises(JoseRefusedError):
        jose.open_signed(jose.sign(header, b"x", PEN), KID, PEN.public_key())


def test_a_signature_of_another_algorithm_is_refused() -> None:
    spoken = jws.serialize_compact({"alg": "HS256", **KID}, b"x", OctKey.import_key(KEY), algorithms=["HS256"])

    with pytest.raises(JoseRefusedError):
        jose.open_signed(spoken, KID, PEN.public_key())
