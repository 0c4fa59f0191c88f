"""All SQL on `unavez_keys`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, Uuid, bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from unavez_shared.privacy.keys.tables import case_keys

# A case one holder saw erased gets no new key from another one that hears of the case late.
_INSERT_MISSING = text(
    """
    INSERT INTO case_keys (case_id, holder, kek_id, wrapped, created_at)
    SELECT new.case_id, :holder, :kek_id, new.wrapped, now()
    FROM unnest(:case_ids, :wrapped) AS new (case_id, wrapped)
    WHERE NOT EXISTS (
        SELECT FROM case_keys AS dead WHERE dead.case_id = new.case_id AND dead.destroyed_at IS NOT NULL
    )
    ON CONFLICT DO NOTHING
    """
).bindparams(bindparam("case_ids", type_=ARRAY(Uuid)), bindparam("wrapped", type_=ARRAY(LargeBinary)))


async def insert_missing(
    connection: AsyncConnection, wrapped: Mapping[UUID, bytes], *, holder: str, kek_id: str
) -> None:
    """Store wrapped keys for the cases this holder has none for, but never for an erased case."""
    await connection.execute(
        _INSERT_MISSING,
        {"holder": holder, "kek_id": kek_id, "case_ids": list(wrapped), "wrapped": list(wrapped.values())},
    )


async def wrapped_keys(connection: AsyncConnection, case_ids: Sequence[UUID], *, holder: str) -> dict[UUID, bytes]:
    """Return the living wrapped keys of these cases; a destroyed or unknown one is left out."""
    found = await connection.execute(
        select(case_keys.c.case_id, case_keys.c.wrapped).where(
            case_keys.c.case_id == func.any(bindparam("case_ids", list(case_ids), ARRAY(Uuid))),
            case_keys.c.holder == holder,
            case_keys.c.wrapped.is_not(None),
        )
    )
    return {row.case_id: row.wrapped for row in found}


async def destroyed(connection: AsyncConnection, case_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these cases that were erased, by whichever holder."""
    found = await connection.execute(
        select(case_keys.c.case_id).where(
            case_keys.c.case_id == func.any(bindparam("case_ids", list(case_ids), ARRAY(Uuid))),
            case_keys.c.destroyed_at.is_not(None),
        )
    )
    return set(found.scalars())


async def some_wrapped_keys(connection: AsyncConnection, *, holder: str, limit: int) -> Sequence[tuple[UUID, bytes]]:
    """Return a few living wrapped keys of a holder, any of them: to try a key-encryption key on."""
    found = await connection.execute(
        select(case_keys.c.case_id, case_keys.c.wrapped)
        .where(case_keys.c.holder == holder, case_keys.c.wrapped.is_not(None))
        .limit(limit)
    )
    return [(row.case_id, row.wrapped) for row in found]


async def destroy(connection: AsyncConnection, case_id: UUID) -> None:
    """Erase the wrapped keys of every holder of a case; the rows stay as tombstones."""
    await connection.execute(
        update(case_keys).where(case_keys.c.case_id == case_id).values(wrapped=None, destroyed_at=func.now())
    )
