"""One round of a clock: plans whose time has come, a batch at a time, each in its own transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from uuid import UUID

from unavez_shared.messaging.transient import is_down
from unavez_shared.observability.log import logger
from unavez_shared.persistence.database import Database, UnitOfWork

log = logger(__name__)

_BATCH = 100

Find = Callable[[UnitOfWork, int, Collection[UUID]], Awaitable[Sequence[tuple[UUID, UUID]]]]
"""Finds up to so many pairs of a plan and what of it is due, but for some plans."""
Act = Callable[[UUID, list[UUID]], Awaitable[int]]
"""Works on a plan and what of it is due; returns how much was done."""


async def work_round(database: Database, find: Find, act: Act) -> int:
    """Look once at everything whose time has come; return how much was done. Several replicas share the work.

    A plan on which nothing could be done stays due, so it is left out of the batches that follow: however many such
    plans there are, they keep no other from its turn.
    """
    acted, idle = 0, set[UUID]()
    while True:
        async with database.transaction() as work:
            due = await find(work, _BATCH, idle)
        by_plan: dict[UUID, list[UUID]] = {}
        for plan_id, one in due:
            by_plan.setdefault(plan_id, []).append(one)
        done = {plan_id: await _try(act, plan_id, ones) for plan_id, ones in by_plan.items()}
        acted += sum(done.values())
        if all(done.values()) or len(due) < _BATCH:
            return acted
        idle |= {plan_id for plan_id, count in done.items() if not count}


async def _try(act: Act, plan_id: UUID, ones: list[UUID]) -> int:
    try:
        return await act(plan_id, ones)
    except Exception as error:
        if is_down(error):
            raise
        # Whatever is wrong with one plan must not stop the clock of all the others.
        log.warning("offer_not_watched", plan_id=str(plan_id), error=type(error).__name__)
        return 0
