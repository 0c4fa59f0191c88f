from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.events import families_of
from unavez_shared.contracts.services import Service
from unavez_shared.privacy import key_files
from unavez_shared.privacy.ratchet import Ratchet
from unavez_shared.privacy.sealing import KeyUnavailableError, SealingKeyring, create_key_material
from unavez_shared.privacy.signing import SigningKeys


def state(keys: Path, family: str = "referral") -> dict[str, str]:
    content: dict[str, str] = orjson.loads((keys / "sealing" / f"{family}.json").read_bytes())
    return content


def ring(keys: Path, clock: Any) -> SealingKeyring:
    return SealingKeyring.load(keys, {"referral"}, clock)


def test_two_services_agree_on_every_days_key_without_talking(keys: Path, clock: Any) -> None:
    content = (keys / "sealing" / "referral.json").read_bytes()
    other = keys.parent / "other"
    (other / "sealing").mkdir(parents=True)
    (other / "sealing" / "referral.json").write_bytes(content)
    one, two = ring(keys, clock), ring(other, clock)

    for _ in range(40):
        key_id, key = one.today("referral")
        assert two.by_id(key_id).raw_value == key.raw_value
        clock.pass_days(1)


def test_every_day_and_every_family_has_its_own_key(keys: Path, clock: Any) -> None:
    keyring = SealingKeyring.load(keys, families_of(Service.REFERRAL_ROUTER), clock)
    seen = set()
    for _ in range(5):
        seen |= {keyring.today(family)[1].raw_value for family in families_of(Service.REFERRAL_ROUTER)}
        clock.pass_days(1)

    assert len(seen) == 5 * len(families_of(Service.REFERRAL_ROUTER))


def test_the_ratchet_forgets_days_older_than_fourteen(keys: Path, clock: Any) -> None:
    keyring = ring(keys, clock)
    key_id, _ = keyring.today("referral")
    clock.pass_days(14)
    assert keyring.by_id(key_id)

    clock.pass_days(1)
    with pytest.raises(KeyUnavailableError):
        keyring.by_id(key_id)
    assert state(keys)["day"] == "2026-11-21"
    with pytest.raises(KeyUnavailableError):
        ring(keys, clock).by_id(key_id)


def test_what_a_ratchet_holds_after_the_step_does_not_contain_the_dead_keys() -> None:
    ratchet = Ratchet(date(2026, 1, 1), bytes(range(32)))
    first = ratchet.sealing_key(date(2026, 1, 1))
    assert first is not None

    ratchet.advance(date(2026, 1, 16))

    assert ratchet.day == date(2026, 1, 2)
    assert bytes(range(32)) != ratchet.key
    assert ratchet.sealing_key(date(2026, 1, 1)) is None
    assert first.raw_value not in {key.raw_value for key in ratchet._opened.values()}
    assert ratchet.key.hex() not in repr(ratchet)


def test_a_forged_far_day_costs_nothing(keys: Path, clock: Any) -> None:
    with pytest.raises(KeyUnavailableError):
        ring(keys, clock).by_id("referral.9999-12-31")


@pytest.mark.parametrize("key_id", ["", "referral", "referral.", ".2026-11-20", "plan.2026-11-20", "referral.today"])
def test_a_malformed_or_foreign_key_id_has_no_key(keys: Path, clock: Any, key_id: str) -> None:
    with pytest.raises(KeyUnavailableError):
        ring(keys, clock).by_id(key_id)


def test_a_service_that_was_away_for_a_month_catches_up_with_the_others(keys: Path, clock: Any) -> None:
    copy = keys.parent / "away"
    (copy / "sealing").mkdir(parents=True)
    (copy / "sealing" / "referral.json").write_bytes((keys / "sealing" / "referral.json").read_bytes())
    present = ring(keys, clock)
    for _ in range(30):
        clock.pass_days(1)
        key_id, key = present.today("referral")

    assert ring(copy, clock).by_id(key_id).raw_value == key.raw_value


def test_a_clock_set_back_does_not_stop_the_bus(keys: Path, clock: Any) -> None:
    keyring = ring(keys, clock)
    clock.pass_days(40)
    keyring.today("referral")
    clock.pass_days(-40)

    key_id, key = keyring.today("referral")

    assert key_id == "referral.2026-12-16"
    assert ring(keys, clock).by_id(key_id).raw_value == key.raw_value


def test_a_slower_service_does_not_turn_the_key_file_back(keys: Path, clock: Any) -> None:
    slow = ring(keys, clock)
    clock.pass_days(20)
    ring(keys, clock)
    clock.pass_days(-5)

    slow.today("referral")

    assert state(keys)["day"] == "2026-11-26"


def test_a_directory_that_cannot_be_written_still_works_and_says_so(
    keys: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(key_files, "replace", refuse)
    clock.pass_days(3)

    keyring = ring(keys, clock)

    assert keyring.today("referral")[0] == "referral.2026-11-23"
    assert not keyring.is_dying
    assert state(keys)["day"] == "2026-11-06"


def test_keys_that_advance_on_disk_are_dying(keys: Path, clock: Any) -> None:
    clock.pass_days(3)

    assert ring(keys, clock).is_dying
    assert state(keys)["day"] == "2026-11-09"


def test_key_material_is_for_its_owner_only_and_never_overwritten(keys: Path) -> None:
    before = {path: path.read_bytes() for path in keys.rglob("*") if path.is_file()}

    create_key_material(keys, day=date(2027, 1, 1))

    assert {path: path.read_bytes() for path in keys.rglob("*") if path.is_file()} == before
    assert {path.stat().st_mode & 0o777 for path in before} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in keys.rglob("*") if path.is_dir()} == {0o700}


def test_a_lost_public_half_comes_back_from_the_private_one(keys: Path) -> None:
    public = keys / "signing" / "intake.public.jwk"
    before = public.read_bytes()
    public.unlink()

    create_key_material(keys, day=date(2026, 11, 20))

    assert public.read_bytes() == before


def test_a_missing_or_foreign_key_stops_the_start(keys: Path, clock: Any) -> None:
    sealing = keys / "sealing"
    (sealing / "referral.json").write_bytes((sealing / "plan.json").read_bytes())
    with pytest.raises(StartupError):
        ring(keys, clock)
    (sealing / "referral.json").unlink()
    with pytest.raises(StartupError, match=r"referral\.json"):
        ring(keys, clock)


def test_signing_needs_the_private_half(keys: Path) -> None:
    signing = keys / "signing"
    (signing / "intake.private.jwk").write_bytes((signing / "intake.public.jwk").read_bytes())

    with pytest.raises(StartupError):
        SigningKeys.load(keys, Service.INTAKE)
