"""The router's own picture of the directory follows what the directory says."""

from __future__ import annotations

from collections.abc import Sequence

from unavez_referral_router.adapters.stores import Stores
from unavez_shared.contracts.event_data import CapacityState, ServiceState
from unavez_shared.observability.log import logger
from unavez_shared.persistence.database import UnitOfWork

log = logger(__name__)


async def track_services(states: Sequence[tuple[int, ServiceState]], work: UnitOfWork, stores: Stores) -> None:
    """Keep the newest state of each service; fictional and real ones never mix (SAFETY N18)."""
    own_kind = [(sequence, state) for sequence, state in states if state.demo is stores.demo]
    if len(own_kind) < len(states):
        log.error("service_of_other_kind_ignored", ignored=len(states) - len(own_kind))
    if own_kind:
        await stores.projection.apply_services(work, own_kind)


async def track_capacities(states: Sequence[CapacityState], work: UnitOfWork, stores: Stores) -> None:
    """Keep the newest report of each service."""
    await stores.projection.apply_capacities(work, states)
