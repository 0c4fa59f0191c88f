"""One look into a database: a statement that answers one row of numbers, and the gauge of each of its columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import DateTime, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from unavez_shared.observability.metrics import Gauge

COUNTED_UP_TO: Final = 100_000
"""Rows are counted as far as this and no further: a look at a backlog must not add to it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """`sql` may use `:now` (the service's clock) and `:limit`; it belongs on indexes, it runs every few seconds."""

    sql: str
    gauges: Mapping[str, Gauge]
    """Column → series. NULL = nothing waits = 0."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What else `sql` names."""

    async def look(self, connection: AsyncConnection, now: datetime) -> None:
        """Ask, and set the gauges. Raises whatever the database raises."""
        statement = text(self.sql).bindparams(bindparam("now", now, DateTime(timezone=True)))
        row = (await connection.execute(statement, {"limit": COUNTED_UP_TO, **self.parameters})).mappings().one()
        for column, gauge in self.gauges.items():
            gauge.set(float(row[column] or 0))

    def forget(self) -> None:
        """The database did not answer: an old number would be a lie, so there is none (NaN fires no alert)."""
        for gauge in self.gauges.values():
            gauge.set(math.nan)
