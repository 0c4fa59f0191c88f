from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.contracts.services import KEYS_DATABASE, Service
from unavez_shared.persistence.database import create_engine
from unavez_shared.privacy import case_keys as module
from unavez_shared.privacy.case_keys import CaseKeys, KeyDestroyedError, KeyMissingError
from unavez_shared.privacy.fields import CaseCipher, FieldRefusedError
from unavez_shared.privacy.ids import random_id
from unavez_shared.privacy.kek import KeyEncryptionKey, KeyRefusedError
from unavez_shared.privacy.keys.tables import case_keys
from unavez_shared.testing.databases import create_migrated

INTAKE, ROUTER = Service.INTAKE, Service.REFERRAL_ROUTER


@pytest.fixture
async def engine(fresh_databases: str) -> AsyncIterator[AsyncEngine]:
    await create_migrated(fresh_databases, KEYS_DATABASE, "unavez_shared.privacy.keys")
    engine = create_engine(fresh_databases, KEYS_DATABASE)
    yield engine
    await engine.dispose()


@pytest.fixture
def kek(tmp_path: Path) -> KeyEncryptionKey:
    KeyEncryptionKey.create_file(tmp_path / "kek.json")
    return KeyEncryptionKey.from_file(tmp_path / "kek.json")


@pytest.fixture
async def keys(engine: AsyncEngine, kek: KeyEncryptionKey) -> AsyncIterator[CaseKeys]:
    keys = CaseKeys(engine, kek, INTAKE)
    yield keys
    await keys.close()


def seal(cipher: CaseCipher, case_id: Any) -> bytes:
    return cipher.seal(b"sintetico", table="t", column="c", case_id=case_id, version=1)


def opened(cipher: CaseCipher, sealed: bytes, case_id: Any) -> bytes:
    return cipher.open(sealed, table="t", column="c", case_id=case_id, version=1)


async def rows(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(select(func.count()).select_from(case_keys))).scalar_one())


async def test_a_reserved_key_is_committed_before_it_is_given(
    keys: CaseKeys, engine: AsyncEngine, kek: KeyEncryptionKey
) -> None:
    new = await keys.reserve()

    after_a_crash = CaseKeys(engine, kek, INTAKE)
    assert opened(await after_a_crash.get(new.case_id), seal(new.cipher, new.case_id), new.case_id) == b"sintetico"
    assert new.case_id.version == 4


async def test_a_warm_reservoir_needs_no_database(keys: CaseKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    await keys.warm()
    monkeypatch.setattr(keys, "_engine", None)

    taken = [await keys.reserve() for _ in range(100)]

    assert len({new.case_id for new in taken}) == 100


async def test_the_reservoir_refills_itself_and_never_gives_a_key_twice(keys: CaseKeys, engine: AsyncEngine) -> None:
    taken = await asyncio.gather(*(keys.reserve() for _ in range(1000)))
    await keys.close()

    assert len({new.case_id for new in taken}) == 1000
    assert 1000 < await rows(engine) <= 1000 + 2 * module._BATCH


async def test_a_failed_refill_is_tried_again_in_the_foreground(
    keys: CaseKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keys.warm()
    with monkeypatch.context() as broken:
        broken.setattr(keys, "_engine", None)
        for _ in range(module._BATCH):
            await keys.reserve()
        await keys.close()

    assert await keys.reserve()


async def test_each_holder_has_its_own_key_of_a_case(
    keys: CaseKeys, engine: AsyncEngine, kek: KeyEncryptionKey
) -> None:
    new = await keys.reserve()
    of_router = await CaseKeys(engine, kek, ROUTER).create(new.case_id)

    with pytest.raises(FieldRefusedError):
        opened(of_router, seal(new.cipher, new.case_id), new.case_id)


async def test_making_the_keys_of_many_cases_twice_gives_the_same_keys(
    engine: AsyncEngine, kek: KeyEncryptionKey
) -> None:
    case_ids = [random_id() for _ in range(50)]
    one, two = CaseKeys(engine, kek, ROUTER), CaseKeys(engine, kek, ROUTER)

    made, again = await asyncio.gather(one.create_many(case_ids), two.create_many([*case_ids, case_ids[0]]))

    for case_id in case_ids:
        assert opened(again[case_id], seal(made[case_id], case_id), case_id) == b"sintetico"
    assert await rows(engine) == 50
    assert await one.create_many([]) == {}


async def test_many_keys_are_read_in_one_statement(keys: CaseKeys, engine: AsyncEngine, kek: KeyEncryptionKey) -> None:
    made = [await keys.reserve() for _ in range(20)]

    found = await CaseKeys(engine, kek, INTAKE).get_many(new.case_id for new in made)

    assert all(opened(found[new.case_id], seal(new.cipher, new.case_id), new.case_id) for new in made)


async def test_an_unknown_case_has_no_key_and_is_not_taken_for_an_erased_one(
    keys: CaseKeys, engine: AsyncEngine, kek: KeyEncryptionKey
) -> None:
    erased, unknown = (await keys.reserve()).case_id, random_id()
    await keys.destroy(erased)
    for missing in ([unknown], [erased, unknown]):
        with pytest.raises(KeyMissingError):
            await keys.get_many(missing)
    with pytest.raises(KeyDestroyedError) as refused:
        await CaseKeys(engine, kek, ROUTER).get(erased)
    assert refused.type is KeyDestroyedError, "erased by whichever holder"


async def test_a_destroyed_case_is_closed_to_every_holder_for_ever(
    keys: CaseKeys, engine: AsyncEngine, kek: KeyEncryptionKey
) -> None:
    new = await keys.reserve()
    router = CaseKeys(engine, kek, ROUTER)
    await router.create(new.case_id)

    await keys.destroy(new.case_id)
    router.forget(new.case_id)

    for refused in (keys.get(new.case_id), router.get(new.case_id), router.create(new.case_id)):
        with pytest.raises(KeyDestroyedError):
            await refused
    async with engine.connect() as connection:
        assert (
            await connection.execute(text("SELECT count(wrapped) FROM case_keys WHERE destroyed_at IS NOT NULL"))
        ).scalar_one() == 0


async def test_a_holder_that_hears_of_an_erased_case_late_gets_no_key(
    keys: CaseKeys, engine: AsyncEngine, kek: KeyEncryptionKey
) -> None:
    new = await keys.reserve()
    await keys.destroy(new.case_id)

    with pytest.raises(KeyDestroyedError):
        await CaseKeys(engine, kek, ROUTER).create(new.case_id)


async def test_a_key_destroyed_elsewhere_is_forgotten_after_a_while(
    keys: CaseKeys, engine: AsyncEngine, kek: KeyEncryptionKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = await keys.reserve()
    await CaseKeys(engine, kek, INTAKE).destroy(new.case_id)
    assert await keys.get(new.case_id)

    monkeypatch.setattr(module, "_CACHED_SECONDS", 0.0)

    with pytest.raises(KeyDestroyedError):
        await keys.get(new.case_id)


async def test_the_cache_is_bounded(keys: CaseKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CACHED", 10)

    made = [await keys.reserve() for _ in range(50)]

    assert len(keys._cache) == 10
    assert await keys.get(made[0].case_id)


async def test_a_key_row_moved_to_another_case_does_not_open(keys: CaseKeys, engine: AsyncEngine) -> None:
    one, two = await keys.reserve(), await keys.reserve()
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "UPDATE case_keys SET wrapped = other.wrapped FROM case_keys AS other"
                " WHERE case_keys.case_id = :one AND other.case_id = :two"
            ),
            {"one": one.case_id, "two": two.case_id},
        )
    keys.forget(one.case_id)

    with pytest.raises(KeyRefusedError):
        await keys.get(one.case_id)
