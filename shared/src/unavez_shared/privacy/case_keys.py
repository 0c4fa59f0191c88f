"""The data keys of the cases: made, kept, found and destroyed in `unavez_keys` (SAFETY N15, N16).

Every holder (intake, the router) has its own key for a case, so neither can open what the other stored. The key of a
new case must be durable before the first field sealed under it; a commit in a second database for every intake would
cost as much as the intake itself. Hence a reservoir: batches of (case id, key) pairs are committed beforehand, and
`reserve()` takes one from memory. Pairs a process did not use before it ended stay in the table: random ids that no
record names, worth nothing to anyone.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from unavez_shared.contracts.errors import UnavezError
from unavez_shared.contracts.services import Service
from unavez_shared.observability.log import logger
from unavez_shared.privacy.fields import CaseCipher
from unavez_shared.privacy.ids import random_id
from unavez_shared.privacy.kek import KeyEncryptionKey
from unavez_shared.privacy.keys import repository

log = logger(__name__)

_BATCH = 256
_CACHED = 10_000
_CACHED_SECONDS = 600.0
"""A key destroyed by another process is forgotten here after this time at the latest."""


class NoKeyError(UnavezError):
    """There is no key for this case here: nothing of it can be read or written."""

    code = "key_destroyed"


class KeyDestroyedError(NoKeyError):
    """The key of this case was destroyed, by whichever holder: it stays closed for ever."""


class KeyMissingError(NoKeyError):
    """This database has no key of the case and nobody destroyed one: it is of another time, and may come back."""


@dataclass(frozen=True, slots=True)
class NewCaseKey:
    """A case id nobody has used and its cipher; the key is already committed."""

    case_id: UUID
    cipher: CaseCipher


class CaseKeys:
    """The case keys of one holder. `engine` is one of the database `unavez_keys`."""

    def __init__(self, engine: AsyncEngine, kek: KeyEncryptionKey, holder: Service) -> None:
        self._engine = engine
        self._kek = kek
        self._holder = holder
        self._pool: deque[NewCaseKey] = deque()
        self._refilling = asyncio.Lock()
        self._refill: asyncio.Task[None] | None = None
        self._cache: OrderedDict[UUID, tuple[float, CaseCipher]] = OrderedDict()

    async def reserve(self) -> NewCaseKey:
        """Return a fresh case id and its cipher; touches the database only when the reservoir is empty."""
        if not self._pool:
            await self._fill()
        new = self._pool.popleft()
        if len(self._pool) < _BATCH // 2 and (self._refill is None or self._refill.done()):
            self._refill = asyncio.create_task(self._fill_in_background(), name=f"{self._holder}:case-keys")
        self._remember(new.case_id, new.cipher)
        return new

    async def warm(self) -> None:
        """Fill the reservoir: call it at start-up, so that the first request does not wait."""
        await self._fill()

    async def create(self, case_id: UUID) -> CaseCipher:
        """Return the cipher of a case another holder invented, making the key if there is none yet."""
        return (await self.create_many([case_id]))[case_id]

    async def create_many(self, case_ids: Iterable[UUID]) -> Mapping[UUID, CaseCipher]:
        """Return the ciphers of these cases, making the missing keys in one statement.

        Raises `KeyDestroyedError` when any of the cases was erased, by whichever holder.
        """
        wanted = set(case_ids)
        ciphers = self._cached(wanted)
        missing = sorted(wanted - ciphers.keys())
        if missing:
            made = {case_id: self._wrap(case_id, secrets.token_bytes(32)) for case_id in missing}
            async with self._engine.begin() as connection:
                await repository.insert_missing(connection, made, holder=self._holder.value, kek_id=self._kek.id)
                wrapped = await repository.wrapped_keys(connection, missing, holder=self._holder.value)
            ciphers |= self._opened(missing, wrapped)
        return ciphers

    async def get(self, case_id: UUID) -> CaseCipher:
        """Return the cipher of a case. Raises `NoKeyError` (either of the two), `KeyRefusedError`."""
        return (await self.get_many([case_id]))[case_id]

    async def get_many(self, case_ids: Iterable[UUID]) -> Mapping[UUID, CaseCipher]:
        """Return the ciphers of these cases, asking the database once. Raises as `get` does, for any of them."""
        wanted = set(case_ids)
        ciphers = self._cached(wanted)
        missing = sorted(wanted - ciphers.keys())
        if missing:
            async with self._engine.connect() as connection:
                wrapped = await repository.wrapped_keys(connection, missing, holder=self._holder.value)
                lost = set(missing) - wrapped.keys()
                if lost and await repository.destroyed(connection, lost) != lost:
                    raise KeyMissingError("no data key for a case, and none was destroyed")
            ciphers |= self._opened(missing, wrapped)
        return ciphers

    async def destroy(self, case_id: UUID) -> None:
        """Destroy the keys of every holder. What they sealed stays unreadable for ever, in backups of it too."""
        async with self._engine.begin() as connection:
            await repository.destroy(connection, case_id)
        self.forget(case_id)

    def forget(self, case_id: UUID) -> None:
        """Drop a key from this process's memory: for a holder that hears of an erasure."""
        self._cache.pop(case_id, None)

    async def close(self) -> None:
        """Wait for a refill in progress. The engine belongs to the caller."""
        if self._refill is not None:
            await asyncio.gather(self._refill, return_exceptions=True)

    async def _fill(self) -> None:
        async with self._refilling:
            if len(self._pool) >= _BATCH // 2:
                return
            keys = {random_id(): secrets.token_bytes(32) for _ in range(_BATCH)}
            wrapped = {case_id: self._wrap(case_id, key) for case_id, key in keys.items()}
            async with self._engine.begin() as connection:
                await repository.insert_missing(connection, wrapped, holder=self._holder.value, kek_id=self._kek.id)
            self._pool.extend(NewCaseKey(case_id, CaseCipher(key)) for case_id, key in keys.items())

    async def _fill_in_background(self) -> None:
        try:
            await self._fill()
        except Exception as error:  # noqa: BLE001  (the next reserve() tries again, in the foreground if it must)
            log.warning("case_key_refill_failed", error=type(error).__name__)

    def _wrap(self, case_id: UUID, key: bytes) -> bytes:
        return self._kek.wrap(key, case_id=case_id, holder=self._holder)

    def _opened(self, case_ids: Sequence[UUID], wrapped: Mapping[UUID, bytes]) -> dict[UUID, CaseCipher]:
        ciphers = {}
        for case_id in case_ids:
            if case_id not in wrapped:
                raise KeyDestroyedError("no data key for a case")
            key = self._kek.unwrap(wrapped[case_id], case_id=case_id, holder=self._holder)
            ciphers[case_id] = CaseCipher(key)
            self._remember(case_id, ciphers[case_id])
        return ciphers

    def _cached(self, case_ids: Iterable[UUID]) -> dict[UUID, CaseCipher]:
        oldest = time.monotonic() - _CACHED_SECONDS
        found = {}
        for case_id in case_ids:
            read_at, cipher = self._cache.get(case_id, (0.0, None))
            if cipher is not None and read_at > oldest:
                self._cache.move_to_end(case_id)
                found[case_id] = cipher
        return found

    def _remember(self, case_id: UUID, cipher: CaseCipher) -> None:
        self._cache[case_id] = (time.monotonic(), cipher)
        self._cache.move_to_end(case_id)
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
