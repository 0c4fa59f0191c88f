"""The projection of the directory: written by its events, read as an immutable snapshot kept in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from unavez_referral_router.adapters.tables import projection, services
from unavez_referral_router.domain.matching.directory import Directory, Receiver
from unavez_referral_router.domain.matching.service import GROUP_TAGS, SHELTER_PREFIX, Service
from unavez_shared.contracts.event_data import CapacityState, ServiceState, Tier
from unavez_shared.persistence.database import UnitOfWork

_OLDEST = 120
_RECENT_SECONDS = 1.0


class DirectoryProjection:
    """The snapshot of this process. Each use asks for what was committed since: usually nothing."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")  # one question needs no transaction
        self._directory = Directory()
        self._seen = 0
        self._asked_at = -_RECENT_SECONDS
        self._refreshing = asyncio.Lock()

    async def current(self, work: UnitOfWork | None = None) -> Directory:
        """Return the snapshot of everything committed by now.

        Within a transaction that has written nothing it is read on the connection the command has already.
        """
        if work is not None:
            return await self._refresh(work.connection)
        # Before the lock: who has it never waits for a connection that somebody who waits for the lock has.
        async with self._engine.connect() as connection:
            return await self._refresh(connection)

    async def _refresh(self, connection: AsyncConnection) -> Directory:
        asked_at = time.monotonic()
        async with self._refreshing:
            found = (await connection.execute(_CHANGED, {"seen": self._seen})).all()
            if found:
                states = [ServiceState.model_validate(row.state) for row in found]
                changes = {
                    state.service_id: service_of(state, row.available) for state, row in zip(states, found, strict=True)
                }
                self._directory = self._directory.updated(changes, receivers_of(states))
                self._seen = found[-1].changed
            self._asked_at = asked_at
            return self._directory

    async def recent(self) -> Directory:
        """Return the snapshot when it is at most a second old, else a new one: good enough for names."""
        is_recent = time.monotonic() - self._asked_at < _RECENT_SECONDS
        return self._directory if is_recent else await self.current()

    async def apply_services(self, work: UnitOfWork, states: Sequence[tuple[int, ServiceState]]) -> None:
        """Keep the newest state of each service (sequence, state)."""
        newest: dict[UUID, tuple[int, ServiceState]] = {}
        for sequence, state in states:
            if state.service_id not in newest or newest[state.service_id][0] < sequence:
                newest[state.service_id] = (sequence, state)
        number = (await work.execute(_COUNT)).scalar_one()
        rows = [
            {
                "service_id": state.service_id,
                "sequence": sequence,
                "changed": number,
                "state": state.model_dump(mode="json"),
                "available": state.available,
                "capacity_reported_at": state.capacity_reported_at,
            }
            for sequence, state in newest.values()
        ]
        await work.execute(_UPSERT, rows)

    async def apply_capacities(self, work: UnitOfWork, states: Sequence[CapacityState]) -> None:
        """Keep the newest report of each service; of a service not heard of yet its own state will tell."""
        newest: dict[UUID, CapacityState] = {}
        for state in states:
            known = newest.get(state.service_id)
            if known is None or known.reported_at <= state.reported_at:
                newest[state.service_id] = state
        number = (await work.execute(_COUNT)).scalar_one()
        rows: list[dict[str, Any]] = [
            {"the_id": state.service_id, "number": number, "free": state.available, "at": state.reported_at}
            for state in newest.values()
        ]
        await work.execute(_REPORT, rows)


def service_of(state: ServiceState, available: int | None) -> Service | None:
    """Return the service as planning sees it; None when it is not active."""
    if not state.active:
        return None
    return Service(
        service_id=state.service_id,
        organization_id=state.organization_id,
        front_door_id=state.front_door_organization_id,
        service_type=state.service_type,
        name=state.name,
        confidential=_is_confidential(state),
        delivery=state.delivery.value,
        district=state.location_district,
        served=tuple(state.served_areas),
        remote=state.remote,
        languages=frozenset(state.languages),
        groups=GROUP_TAGS.intersection(state.accommodates),
        minimum_age=state.minimum_age if state.minimum_age is not None else 0,
        maximum_age=state.maximum_age if state.maximum_age is not None else _OLDEST,
        co_located_with=frozenset(state.co_located_with),
        phone=state.phone,
        phone_verified_on=state.phone_verified_on,
        available=available,
        entered_at=state.entered_at,
    )


def receivers_of(states: Iterable[ServiceState]) -> dict[UUID, Receiver]:
    """Return whoever receives offers for these services, closed ones too; the last one said of each counts."""
    found: dict[UUID, Receiver] = {}
    for state in states:
        hidden = _is_confidential(state)
        name = state.front_door_name if hidden else state.organization_name
        if name is not None:  # published before names were
            receiver_id = state.front_door_organization_id if hidden else state.organization_id
            found[receiver_id] = Receiver(name, state.front_door_phone, state.front_door_email)
    return found


def _is_confidential(state: ServiceState) -> bool:
    return state.tier is not Tier.PUBLIC or state.service_type.startswith(SHELTER_PREFIX)


_CHANGED = (
    select(services.c.changed, services.c.state, services.c.available)
    .where(services.c.changed > bindparam("seen"))
    .order_by(services.c.changed)
)
_COUNT = update(projection).values(version=projection.c.version + 1).returning(projection.c.version)
_INSERT = insert(services)
_REPORT_IS_NEWER = or_(
    services.c.capacity_reported_at.is_(None),
    _INSERT.excluded.capacity_reported_at >= services.c.capacity_reported_at,
)
_UPSERT = _INSERT.on_conflict_do_update(
    index_elements=[services.c.service_id],
    set_={
        "sequence": _INSERT.excluded.sequence,
        "changed": _INSERT.excluded.changed,
        "state": _INSERT.excluded.state,
        "available": case((_REPORT_IS_NEWER, _INSERT.excluded.available), else_=services.c.available),
        "capacity_reported_at": func.greatest(services.c.capacity_reported_at, _INSERT.excluded.capacity_reported_at),
    },
    where=services.c.sequence < _INSERT.excluded.sequence,
)
_REPORT = (
    update(services)
    .where(
        services.c.service_id == bindparam("the_id"),
        or_(services.c.capacity_reported_at.is_(None), services.c.capacity_reported_at < bindparam("at")),
    )
    .values(available=bindparam("free"), capacity_reported_at=bindparam("at"), changed=bindparam("number"))
)
