from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from unavez_shared.contracts.errors import InvalidInputError, StartupError
from unavez_shared.contracts.services import Service
from unavez_shared.privacy.blind_index import BlindIndex
from unavez_shared.privacy.canonical import keyed_digest
from unavez_shared.privacy.fields import CaseCipher, FieldRefusedError
from unavez_shared.privacy.ids import random_id
from unavez_shared.privacy.kek import KeyEncryptionKey, KeyRefusedError

CASE = UUID("3f0e2a54-0000-4000-8000-000000000001")
PLACE: dict[str, Any] = {"table": "intakes", "column": "body", "case_id": CASE, "version": 1}


def test_a_field_opens_where_it_was_sealed() -> None:
    cipher = CaseCipher(os.urandom(32))

    sealed = cipher.seal(b"sintetico", **PLACE)

    assert b"sintetico" not in sealed
    assert len(sealed) == len(b"sintetico") + 29
    assert cipher.open(sealed, **PLACE) == b"sintetico"
    assert cipher.seal(b"sintetico", **PLACE) != sealed


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"table": "packets"},
        {"column": "account"},
        {"case_id": random_id()},
        {"version": 2},
        {"table": "intakesb", "column": "ody"},
    ],
)
def test_a_field_moved_elsewhere_does_not_open(elsewhere: dict[str, Any]) -> None:
    cipher = CaseCipher(os.urandom(32))

    with pytest.raises(FieldRefusedError):
        cipher.open(cipher.seal(b"x", **PLACE), **(PLACE | elsewhere))


def test_a_field_with_any_byte_changed_or_cut_does_not_open() -> None:
    cipher = CaseCipher(os.urandom(32))
    sealed = cipher.seal(b"sintetico", **PLACE)

    for position in range(len(sealed)):
        tampered = bytearray(sealed)
        tampered[position] ^= 1
        for damaged in (bytes(tampered), sealed[:position]):
            with pytest.raises(FieldRefusedError):
                cipher.open(damaged, **PLACE)


def test_another_cases_key_opens_nothing() -> None:
    with pytest.raises(FieldRefusedError):
        CaseCipher(os.urandom(32)).open(CaseCipher(os.urandom(32)).seal(b"x", **PLACE), **PLACE)


@pytest.fixture
def kek(tmp_path: Path) -> KeyEncryptionKey:
    KeyEncryptionKey.create_file(tmp_path / "kek.json")
    return KeyEncryptionKey.from_file(tmp_path / "kek.json")


def test_a_wrapped_key_opens_for_its_case_and_holder_only(kek: KeyEncryptionKey) -> None:
    wrapped = kek.wrap(b"k" * 32, case_id=CASE, holder=Service.INTAKE)

    assert kek.unwrap(wrapped, case_id=CASE, holder=Service.INTAKE) == b"k" * 32
    for case_id, holder in ((CASE, Service.REFERRAL_ROUTER), (random_id(), Service.INTAKE)):
        with pytest.raises(KeyRefusedError):
            kek.unwrap(wrapped, case_id=case_id, holder=holder)


def test_another_key_encryption_key_opens_nothing(kek: KeyEncryptionKey, tmp_path: Path) -> None:
    KeyEncryptionKey.create_file(tmp_path / "other.json")
    wrapped = kek.wrap(b"k" * 32, case_id=CASE, holder=Service.INTAKE)

    with pytest.raises(KeyRefusedError):
        KeyEncryptionKey.from_file(tmp_path / "other.json").unwrap(wrapped, case_id=CASE, holder=Service.INTAKE)


def test_the_key_file_is_private_and_never_overwritten(kek: KeyEncryptionKey, tmp_path: Path) -> None:
    path = tmp_path / "kek.json"
    KeyEncryptionKey.create_file(path)

    assert KeyEncryptionKey.from_file(path).id == kek.id
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"[]", b'{"kek_id": "x"}', b'{"kek_id": "x", "key": "00"}', b'{"key": "zz"}'])
def test_a_broken_key_file_stops_the_start(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kek.json").write_bytes(content)

    with pytest.raises(StartupError):
        KeyEncryptionKey.from_file(tmp_path / "kek.json")


def test_derived_keys_are_stable_and_differ_by_label(kek: KeyEncryptionKey, tmp_path: Path) -> None:
    again = KeyEncryptionKey.from_file(tmp_path / "kek.json")

    assert kek.derive("blind-index") == again.derive("blind-index") != kek.derive("idempotency")


def test_the_same_document_written_differently_is_found() -> None:
    index = BlindIndex(b"k" * 32)

    found = index.document("PE", "DNI", "12345678")
    assert found == index.document("pe", " dni ", "12.345-678 ")
    assert found == index.document("PE", "DNI", "".join(chr(0xFF10 + int(digit)) for digit in "12345678"))
    others = (("CO", "DNI", "12345678"), ("PE", "CE", "12345678"), ("PE", "DNI", "12345679"))
    assert all(found != index.document(*other) for other in others)
    assert found != BlindIndex(b"j" * 32).document("PE", "DNI", "12345678")


def test_the_same_name_and_year_written_differently_are_found() -> None:
    index = BlindIndex(b"k" * 32)

    found = index.name_and_year("María-José Ñahui Pérez", 2009)
    assert found == index.name_and_year("PEREZ ÑAHUI, maria jose", 2009)
    assert found != index.name_and_year("María José Ñahui Pérez", 2010)
    assert found != index.name_and_year("María Ñahui Pérez", 2009)


def test_bodies_that_mean_the_same_have_the_same_digest() -> None:
    one = keyed_digest(b"k" * 32, {"a": 1, "b": ["é", None, 1.0]})

    assert one == keyed_digest(b"k" * 32, {"b": ["é", None, 1], "a": 1})
    assert one != keyed_digest(b"k" * 32, {"b": ["é", None], "a": 1})
    assert one != keyed_digest(b"j" * 32, {"a": 1, "b": ["é", None, 1.0]})


@pytest.mark.parametrize("value", [2**60, float("nan"), "\ud800", {1: 2}])
def test_what_has_no_canonical_form_is_refused_without_a_quote(value: Any) -> None:
    with pytest.raises(InvalidInputError) as refused:
        keyed_digest(b"k" * 32, {"a": value})
    assert str(refused.value) == "invalid input"
