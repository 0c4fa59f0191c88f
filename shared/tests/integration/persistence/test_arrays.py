from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, String, Table, Uuid, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.clock import SystemClock
from unavez_shared.persistence.arrays import as_arrays, unnested
from unavez_shared.privacy.ids import random_id

kept = Table(
    "kept",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("word", String(4), nullable=False),
    Column("number", Integer),
    Column("at", DateTime(timezone=True)),
    Column("sealed", LargeBinary, nullable=False),
)
STATEMENT = insert(kept).from_select([one.name for one in kept.c], select(unnested(kept.c)))


def row(**changed: Any) -> dict[str, Any]:
    return {"id": random_id(), "word": "ñand", "number": None, "at": None, "sealed": b"\x00\xff", **changed}


@pytest.fixture
async def table(engine: AsyncEngine) -> AsyncEngine:
    async with engine.begin() as connection:
        await connection.run_sync(kept.create)
    return engine


async def test_rows_sent_as_arrays_arrive_as_they_were(table: AsyncEngine) -> None:
    rows = [row(), row(number=7, at=SystemClock().now()), row(sealed=b"")]
    async with table.begin() as connection:
        await connection.execute(STATEMENT, as_arrays(kept.c, rows))
        found = [dict(one) for one in (await connection.execute(select(kept))).mappings()]
    assert sorted(found, key=lambda one: one["id"]) == sorted(rows, key=lambda one: one["id"])


async def test_text_that_is_too_long_is_refused_not_shortened(table: AsyncEngine) -> None:
    with pytest.raises(DBAPIError, match="too long"):
        async with table.begin() as connection:
            await connection.execute(STATEMENT, as_arrays(kept.c, [row(word="cinco")]))
