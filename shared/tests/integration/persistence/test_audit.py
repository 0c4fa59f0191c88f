from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.clock import SystemClock
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.errors import StartupError
from unavez_shared.persistence import audit as module
from unavez_shared.persistence.audit import Finding, FindingKind, Sealer, create_audit_key, read_audit_key, verify
from unavez_shared.persistence.database import Database
from unavez_shared.persistence.tables import audit, audit_seals
from unavez_shared.privacy.ids import random_id

KEY = b"synthetic audit key, 32 bytes ok"
DEADLINE = 5.0


class NoEvents:
    """An encoder for databases whose tests emit nothing."""

    def encode(self, _event: object) -> Any:
        raise AssertionError


@pytest.fixture
def database(engine: AsyncEngine) -> Database:
    return Database(engine, encoder=NoEvents(), clock=SystemClock())


async def record(database: Database, count: int = 1, action: str = "tested") -> None:
    actor = Actor(subject="w-1", role=Role.FRONTLINE, organization_id=random_id())
    async with database.transaction() as work:
        for number in range(count):
            work.record(
                action, actor=actor, case_id=random_id(), subject_id=random_id(), number=number, codes=["a", "b"]
            )


@asynccontextmanager
async def sealing(*sealers: Sealer) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(sealer.run(stopping)) for sealer in sealers]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.wait_for(asyncio.gather(*tasks), DEADLINE)


async def until_sealed(engine: AsyncEngine) -> None:
    await eventually(lambda: unsealed(engine))


async def eventually(remaining: Callable[[], Awaitable[object]]) -> None:
    """Poll until nothing remains."""
    async with asyncio.timeout(DEADLINE):
        while await remaining():  # noqa: ASYNC110  (the state of a server: there is no event to wait for)
            await asyncio.sleep(0.02)


async def unsealed(engine: AsyncEngine) -> set[int]:
    async with engine.connect() as connection:
        rows = set((await connection.execute(select(audit.c.id))).scalars())
        seals = (await connection.execute(select(audit_seals.c.row_ids))).scalars().all()
    return rows - {row_id for row_ids in seals for row_id in row_ids}


async def seal_in_steps(database: Database, *batches: int) -> None:
    for count in batches:
        await record(database, count)
        async with sealing(Sealer(database, KEY)):
            await until_sealed(database.engine)


async def tamper(engine: AsyncEngine, *statements: str) -> None:
    """Do what somebody with the database's superuser could do."""
    async with engine.begin() as connection:
        for table in ("audit", "audit_seals"):
            await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            await connection.execute(text(statement))
        for table in ("audit", "audit_seals"):
            await connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


async def test_rows_are_sealed_within_a_second_and_verify(database: Database) -> None:
    async with sealing(Sealer(database, KEY)):
        for _ in range(5):
            await record(database, 3)
        await until_sealed(database.engine)

    assert await verify(database.engine, KEY) == []


async def test_a_large_backlog_is_sealed_in_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 7)

    await seal_in_steps(database, 50)

    assert await verify(database.engine, KEY) == []
    async with database.engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(audit_seals))).scalar_one() >= 8


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE audit SET action = 'other' WHERE id = 2", FindingKind.CHANGED),
        ("UPDATE audit SET actor = NULL WHERE id = 4", FindingKind.CHANGED),
        ("UPDATE audit SET at = at + interval '1 microsecond' WHERE id = 4", FindingKind.CHANGED),
        ("UPDATE audit SET detail = '{}' WHERE id = 5", FindingKind.CHANGED),
        ("UPDATE audit SET detail = jsonb_set(detail, '{codes,0}', '\"b\"') WHERE id = 1", FindingKind.CHANGED),
        ("UPDATE audit_seals SET sealed_at = sealed_at - interval '1 day' WHERE number = 2", FindingKind.CHANGED),
        ("UPDATE audit_seals SET low = 0 WHERE number = 2", FindingKind.CHANGED),
        ("UPDATE audit_seals SET mac = decode(repeat('00', 32), 'hex') WHERE number = 3", FindingKind.CHANGED),
        ("DELETE FROM audit WHERE id = 3", FindingKind.REMOVED),
        ("DELETE FROM audit WHERE id = 6", FindingKind.REMOVED),
        ("DELETE FROM audit_seals WHERE number = 2", FindingKind.REMOVED),
        ("DELETE FROM audit_seals WHERE number = 1", FindingKind.REMOVED),
        ("UPDATE audit_seals SET row_ids = ARRAY[2, 1, 3] WHERE number = 1", FindingKind.REORDERED),
        ("UPDATE audit_seals SET number = 5 - number WHERE number < 5", FindingKind.REORDERED),
        ("UPDATE audit_seals SET previous = decode(repeat('00', 32), 'hex') WHERE number = 3", FindingKind.REORDERED),
        ("UPDATE audit_seals SET row_ids = ARRAY[1, 2, 3, 4] WHERE number = 2", FindingKind.REORDERED),
    ],
)
async def test_each_planted_manipulation_is_found(database: Database, statement: str, kind: FindingKind) -> None:
    await seal_in_steps(database, 3, 1, 2, 1)
    assert await verify(database.engine, KEY) == []
    steps = [statement]
    if "5 - number" in statement:  # unique while it runs
        steps = ["UPDATE audit_seals SET number = -number", "UPDATE audit_seals SET number = 5 + number"]

    await tamper(database.engine, *steps)

    assert kind in {finding.kind for finding in await verify(database.engine, KEY)}


async def test_two_rows_that_changed_places_are_found(database: Database) -> None:
    await seal_in_steps(database, 2)

    await tamper(
        database.engine,
        "CREATE TEMPORARY TABLE swapped AS SELECT 3 - id AS id, action, actor, case_id, subject_id, detail FROM audit",
        "UPDATE audit SET actor = s.actor, case_id = s.case_id, subject_id = s.subject_id, detail = s.detail"
        " FROM swapped s WHERE s.id = audit.id",
        "DROP TABLE swapped",
    )

    assert await verify(database.engine, KEY) == [Finding(FindingKind.CHANGED, seal=1)]


async def test_a_removed_row_is_named(database: Database) -> None:
    await seal_in_steps(database, 3)
    await tamper(database.engine, "DELETE FROM audit WHERE id = 2")

    assert await verify(database.engine, KEY) == [Finding(FindingKind.REMOVED, seal=1, row_id=2)]


async def test_a_row_nobody_sealed_for_a_minute_is_found(database: Database) -> None:
    await record(database)
    assert await verify(database.engine, KEY) == []

    await tamper(database.engine, "UPDATE audit SET at = at - interval '61 seconds'")

    assert await verify(database.engine, KEY) == [Finding(FindingKind.UNSEALED, row_id=1)]


async def test_a_chain_made_with_another_key_does_not_verify(database: Database) -> None:
    await seal_in_steps(database, 2)

    assert {finding.kind for finding in await verify(database.engine, bytes(32))} == {FindingKind.CHANGED}


async def test_a_row_that_commits_late_is_sealed_though_later_ones_were_sealed_before(database: Database) -> None:
    async with sealing(Sealer(database, KEY)):
        async with database.transaction() as late:
            late.record("late")
            await late.flush()
            late._audit.clear()
            await record(database)
            await until_sealed(database.engine)
        await until_sealed(database.engine)

    assert await verify(database.engine, KEY) == []
    async with database.engine.connect() as connection:
        assert (await connection.execute(select(audit_seals.c.row_ids, audit_seals.c.low))).all() == [
            ([2], 0),
            ([1], 2),
        ]


async def test_a_late_row_is_sealed_by_the_next_sealer_too(database: Database) -> None:
    async with database.transaction() as late:
        late.record("late")
        await late.flush()
        late._audit.clear()
        await seal_in_steps(database, 2)
    await seal_in_steps(database, 1)

    assert await verify(database.engine, KEY) == []


async def test_ids_of_rolled_back_rows_are_given_up_after_a_while(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.0)
    with contextlib.suppress(ZeroDivisionError):
        async with database.transaction() as work:
            work.record("undone")
            await work.flush()
            raise ZeroDivisionError

    await seal_in_steps(database, 1, 1)

    async with database.engine.connect() as connection:
        lows = (await connection.execute(select(audit_seals.c.low).order_by(audit_seals.c.number))).scalars().all()
    assert lows[-1] == 3
    assert await verify(database.engine, KEY) == []


async def test_two_sealers_at_once_make_one_chain(database: Database) -> None:
    async with sealing(Sealer(database, KEY), Sealer(database, KEY)):
        for _ in range(20):
            await asyncio.gather(*(record(database) for _ in range(5)))
        await until_sealed(database.engine)

    assert await verify(database.engine, KEY) == []


async def test_a_standby_takes_over_when_the_sealer_loses_its_connection(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.05)
    async with sealing(Sealer(database, KEY), Sealer(database, KEY)):
        for _ in range(3):
            await record(database, 2)
            await until_sealed(database.engine)
            async with database.engine.connect() as connection:
                killed = await connection.execute(
                    text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
                )
            assert killed.scalars().all() == [True]
        await record(database, 2)
        await until_sealed(database.engine)

    assert await verify(database.engine, KEY) == []


async def test_a_stopped_sealer_leaves_no_lock(database: Database) -> None:
    await seal_in_steps(database, 1)

    await eventually(lambda: locks(database.engine))


async def locks(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        held = await connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
        return int(held.scalar_one())


def test_the_audit_key_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "audit.json"
    create_audit_key(path)
    key = read_audit_key(path)

    create_audit_key(path)

    assert read_audit_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StartupError):
        read_audit_key(tmp_path / "missing.json")
