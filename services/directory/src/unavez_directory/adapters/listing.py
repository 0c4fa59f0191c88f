"""A list the public may read, in slices: ids first, then what stands behind a few of them at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Table, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_directory.domain.queries import Page, Paging, Place

T = TypeVar("T")


class Listing(Generic[T]):
    """Rows of `table` that meet the condition, by name: a long answer is put together a little at a time."""

    def __init__(
        self,
        engine: AsyncEngine,
        table: Table,
        source: FromClause,
        condition: ColumnElement[bool],
        load: Callable[[Sequence[UUID]], Awaitable[Sequence[T]]],
    ) -> None:
        self._engine = engine
        self._name, self._id = table.c.name, table.c.id
        self._source = source
        self._condition = condition
        self._load = load

    async def page(self, paging: Paging) -> Page[UUID]:
        """Return one page of ids. One snapshot: count and page agree."""
        count = select(func.count()).select_from(self._source).where(self._condition)
        ids = self._ordered(self._condition).limit(paging.size).offset(paging.offset)
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            counted = await connection.scalar(count)
            rows = await connection.execute(ids)
            return Page([UUID(int=row.id.int) for row in rows], counted or 0, paging)

    async def after(self, last: Place | None, *, limit: int) -> Sequence[Place]:
        """Return where the next entries stand, `limit` at most."""
        condition = self._condition
        if last is not None:
            condition &= tuple_(self._name, self._id) > tuple_(last.name, last.id)
        async with self._engine.connect() as connection:
            rows = await connection.execute(self._ordered(condition).limit(limit))
            return [Place(row.name, UUID(int=row.id.int)) for row in rows]

    async def records(self, ids: Sequence[UUID]) -> Sequence[T]:
        """Return what stands behind the ids, in their order; what is not public any more is left out."""
        return await self._load(ids)

    def _ordered(self, condition: ColumnElement[bool]) -> Any:
        return select(self._name, self._id).select_from(self._source).where(condition).order_by(self._name, self._id)
