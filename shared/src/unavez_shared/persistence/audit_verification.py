"""Reads the audit and its chain and says what does not fit."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ARRAY, BigInteger, RowMapping, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from unavez_shared.persistence.audit_chain import GENESIS, Seal, mac
from unavez_shared.persistence.tables import audit, audit_seals

_SEALS_AT_ONCE = 100
_UNSEALED_SECONDS = 60


class FindingKind(StrEnum):
    """What was done to the audit."""

    CHANGED = "changed"
    """A sealed row, or the seal itself, does not say what it said."""
    REMOVED = "removed"
    """A sealed row, or a whole seal, is gone."""
    REORDERED = "reordered"
    """Seals or rows do not follow each other as they were chained."""
    UNSEALED = "unsealed"
    """A row is older than a minute and in no seal: written around the sealer, or the sealer does not run."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit, and where: the seal, the row, or both."""

    kind: FindingKind
    seal: int | None = None
    row_id: int | None = None


async def verify(engine: AsyncEngine, key: bytes) -> list[Finding]:
    """Return every finding, oldest first; an empty list is a clean chain. Changes nothing."""
    findings: list[Finding] = []
    last: Seal | None = None
    sealed: set[int] = set()
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        while seals := await _seals_after(connection, last.number if last else 0):
            rows = await _rows(connection, [row_id for seal in seals for row_id in seal.row_ids])
            for seal in seals:
                findings += _order(seal, last, sealed)
                findings += _content(key, seal, rows)
                sealed.update(seal.row_ids)
                last = seal
        findings += await _unsealed(connection, sealed)
    return findings


async def verify_tail(connection: AsyncConnection, key: bytes) -> list[Finding]:
    """Return what does not fit in the newest hundred seals. Quick however long the chain is; `verify` reads it all."""
    newest = await connection.scalar(select(func.max(audit_seals.c.number))) or 0
    seals = await _seals_after(connection, max(0, newest - _SEALS_AT_ONCE))
    rows = await _rows(connection, [row_id for seal in seals for row_id in seal.row_ids])
    findings: list[Finding] = []
    sealed: set[int] = set()
    last: Seal | None = None
    for seal in seals:
        if last is not None or seal.number == 1:
            findings += _order(seal, last, sealed)
        findings += _content(key, seal, rows)
        sealed.update(seal.row_ids)
        last = seal
    return findings


async def unsealed_in_tail(connection: AsyncConnection) -> list[int]:
    """Return ids of rows the sealer has not come to although they are older than a minute; at most a hundred."""
    low = await connection.scalar(select(audit_seals.c.low).order_by(audit_seals.c.number.desc()).limit(1)) or 0
    latest = audit_seals.c.row_ids[func.cardinality(audit_seals.c.row_ids)]
    sealed = select(func.unnest(audit_seals.c.row_ids)).where(latest > low)
    old = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, _UNSEALED_SECONDS)
    waiting = select(audit.c.id).where(audit.c.id > low, audit.c.at < old, audit.c.id.not_in(sealed))
    return list((await connection.execute(waiting.order_by(audit.c.id).limit(_SEALS_AT_ONCE))).scalars())


def _order(seal: Seal, last: Seal | None, sealed: set[int]) -> list[Finding]:
    number, previous = (last.number, last.mac) if last else (0, GENESIS)
    if seal.number != number + 1:
        return [Finding(FindingKind.REMOVED, seal=missing) for missing in range(number + 1, seal.number)]
    again = not sealed.isdisjoint(seal.row_ids)
    if seal.previous != previous or again or list(seal.row_ids) != sorted(set(seal.row_ids)):
        return [Finding(FindingKind.REORDERED, seal=seal.number)]
    return []


def _content(key: bytes, seal: Seal, rows: dict[int, RowMapping]) -> list[Finding]:
    gone = [row_id for row_id in seal.row_ids if row_id not in rows]
    if gone:
        return [Finding(FindingKind.REMOVED, seal=seal.number, row_id=row_id) for row_id in gone]
    if not hmac.compare_digest(mac(key, seal, (rows[row_id] for row_id in seal.row_ids)), seal.mac):
        return [Finding(FindingKind.CHANGED, seal=seal.number)]
    return []


async def _unsealed(connection: AsyncConnection, sealed: set[int]) -> list[Finding]:
    old = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, _UNSEALED_SECONDS)
    found = await connection.stream(select(audit.c.id).where(audit.c.at < old).order_by(audit.c.id))
    return [Finding(FindingKind.UNSEALED, row_id=row_id) async for row_id in found.scalars() if row_id not in sealed]


async def _seals_after(connection: AsyncConnection, number: int) -> Sequence[Seal]:
    query = select(audit_seals).where(audit_seals.c.number > number).order_by(audit_seals.c.number)
    found = await connection.execute(query.limit(_SEALS_AT_ONCE))
    return [Seal(row.number, row.sealed_at, row.row_ids, row.low, row.previous, row.mac) for row in found]


async def _rows(connection: AsyncConnection, row_ids: list[int]) -> dict[int, RowMapping]:
    query = select(audit).where(audit.c.id == func.any(bindparam("row_ids", row_ids, ARRAY(BigInteger))))
    return {row["id"]: row for row in (await connection.execute(query)).mappings()}
