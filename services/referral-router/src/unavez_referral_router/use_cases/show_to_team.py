"""The other clock: her team sees at a full half hour what a front door answered before, and what followed (ADR 19).

Every read shows it from that moment on by itself; this is for who waits for the event.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.referrals.decisions.visibility import show_due
from unavez_referral_router.use_cases.announce import announce
from unavez_referral_router.use_cases.rounds import work_round
from unavez_shared.persistence.database import Database, UnitOfWork
from unavez_shared.privacy.case_keys import KeyDestroyedError


async def show_to_team(database: Database, stores: Stores) -> int:
    """Show once whatever is due; return of how many plans something was shown."""

    async def find(work: UnitOfWork, limit: int, idle: Collection[UUID]) -> Sequence[tuple[UUID, UUID]]:
        return await stores.reads.due_to_show(work, limit, without=idle)

    async def act(plan_id: UUID, _: list[UUID]) -> int:
        return await _show_plan(database, stores, plan_id)

    return await work_round(database, find, act)


async def _show_plan(database: Database, stores: Stores, plan_id: UUID) -> int:
    async with database.transaction() as work:
        try:
            dossier = await stores.dossiers.load(work, plan_id, Directory(), skip_locked=True)
        except KeyDestroyedError:  # erased: nobody is told, and no clock runs for it
            await stores.writes.show_rest(work, plan_id)
            return 1
        if dossier is None:
            return 0  # another replica, or an answer on its way, holds it
        show_due(dossier)
        announce(work, await stores.dossiers.save(work, [dossier]))
    return 1
