"""Seals the audit rows into a keyed chain, several times a second, and verifies the chain.

A chain head in the business transaction would put every command of a service in one queue, so rows are written free
and sealed afterwards, by one sealer a service (advisory lock on its own connection). Ids are handed out before commit
and rolled-back ones never appear, so a missing id below the highest sealed one is looked for again for ten minutes.

What the chain cannot show by itself: the newest seals removed together with their rows. Keep a copy of the last MAC
elsewhere (a backup, a log) for that.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Integer, bindparam, func, insert, or_, select

from unavez_shared.loops import repeat
from unavez_shared.observability.log import logger
from unavez_shared.persistence.audit_chain import GENESIS, Seal, mac
from unavez_shared.persistence.audit_verification import Finding, FindingKind, verify
from unavez_shared.persistence.database import Database
from unavez_shared.persistence.leader import Leader
from unavez_shared.persistence.tables import audit, audit_seals
from unavez_shared.privacy import key_files

__all__ = ["Finding", "FindingKind", "Sealer", "create_audit_key", "read_audit_key", "verify"]

log = logger(__name__)

_LOCK = 0x756E_6176_6561
_BATCH = 1000
_PAUSE_SECONDS = 0.2
_RETRY_SECONDS = 1.0
_PATIENCE_SECONDS = 600.0
"""How long a missing id is waited for: longer than any transaction lives."""

_UNSEALED = (
    select(audit)
    .where(
        or_(
            audit.c.id > bindparam("high", type_=BigInteger),
            audit.c.id == func.any(bindparam("missing", type_=ARRAY(BigInteger))),
        )
    )
    .order_by(audit.c.id)
    .limit(bindparam("batch", type_=Integer))
)
"""Built once: it is asked five times a second in every service."""


class Sealer:
    """The sealer of one service. `run` is one of its loops."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._leader = Leader(database.engine, _LOCK)
        self._key = key
        self._number = 0
        self._previous = GENESIS
        self._high = 0
        self._missing: dict[int, float] = {}

    async def run(self, stopping: asyncio.Event) -> None:
        """Seal until `stopping` is set, and once more after it. Survives the loss of its connection."""
        try:
            await repeat(self._round, stopping, failed=self._interrupted)
            while self._leader.leads and await self._seal_next():
                continue
        except Exception as error:  # noqa: BLE001  (the rows wait for the next start)
            self._interrupted(error)
        finally:
            await self._leader.resign()

    async def _round(self) -> float:
        try:
            if not self._leader.leads:
                if not await self._leader.acquire():
                    return _RETRY_SECONDS
                await self._resume()
            return 0.0 if await self._seal_next() else _PAUSE_SECONDS
        except Exception:
            await self._leader.resign()
            raise

    def _interrupted(self, error: Exception) -> float:
        """The database is away; the rows wait."""
        log.warning("audit_sealer_interrupted", error=type(error).__name__)
        return _RETRY_SECONDS

    async def _resume(self) -> None:
        """Continue after the last seal, whoever wrote it."""
        connection = self._leader.connection
        last = (
            await connection.execute(select(audit_seals).order_by(audit_seals.c.number.desc()).limit(1))
        ).one_or_none()
        self._number, self._previous, low = (last.number, last.mac, last.low) if last else (0, GENESIS, 0)
        latest = audit_seals.c.row_ids[func.cardinality(audit_seals.c.row_ids)]
        seals = await connection.execute(select(audit_seals.c.row_ids).where(latest > low))
        sealed = {row_id for (row_ids,) in seals for row_id in row_ids if row_id > low}
        self._high = max(sealed, default=low)
        self._missing = {}
        self._note_missing(low, sealed)

    async def _seal_next(self) -> bool:
        """Seal what is unsealed, at most a batch; tell whether a full batch was there."""
        connection = self._leader.connection
        sought = {"high": self._high, "missing": list(self._missing), "batch": _BATCH}
        rows = (await connection.execute(_UNSEALED, sought)).mappings().all()
        if not rows:
            return False
        seal = self._next_seal(rows)
        await connection.execute(
            insert(audit_seals).values(
                number=seal.number,
                sealed_at=seal.sealed_at,
                row_ids=seal.row_ids,
                low=seal.low,
                previous=seal.previous,
                mac=seal.mac,
            )
        )
        self._number, self._previous = seal.number, seal.mac
        return len(rows) == _BATCH

    def _next_seal(self, rows: Sequence[Any]) -> Seal:
        row_ids = [row["id"] for row in rows]
        for row_id in row_ids:
            self._missing.pop(row_id, None)
        self._note_missing(self._high, set(row_ids))
        self._high = max(self._high, row_ids[-1])
        patience = time.monotonic() - _PATIENCE_SECONDS
        self._missing = {row_id: since for row_id, since in self._missing.items() if since > patience}
        low = min(self._missing, default=self._high + 1) - 1
        draft = Seal(self._number + 1, datetime.now(UTC), row_ids, low, self._previous, b"")
        return Seal(draft.number, draft.sealed_at, row_ids, low, draft.previous, mac(self._key, draft, rows))

    def _note_missing(self, above: int, sealed: set[int]) -> None:
        since = time.monotonic()
        up_to = max(sealed, default=above)
        self._missing |= {row_id: since for row_id in range(above + 1, up_to) if row_id not in sealed}


def create_audit_key(path: Path) -> None:
    """Write a new random key for the chain, mode 0600, unless the file exists."""
    key_files.make_private_directory(path.parent)
    key_files.write_once(path, {"key": secrets.token_hex(32)})


def read_audit_key(path: Path) -> bytes:
    """Return the key of the chain (`UNAVEZ_AUDIT_KEY_FILE`). Raises `StartupError`."""
    return key_files.key_bytes(path, key_files.read(path))
