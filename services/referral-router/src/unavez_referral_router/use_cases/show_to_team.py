"""The other clock: her team sees at a full half hour what a front door answered before, and what followed (ADR 19).

Every read shows it from that moment on by itself; this is for who waits for the event.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.referrals.decisions.visibility import show_due
from unavez_referral_router.use_cases.announce import announce
from unavez_referral_router.use_cases.ports import Desk
from unavez_referral_router.use_cases.rounds import work_round
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.case_keys import KeyDestroyedError


async def show_to_team(desk: Desk) -> int:
    """Show once whatever is due; return of how many plans something was shown."""

    async def find(work: UnitOfWork, limit: int, idle: Collection[UUID]) -> Sequence[tuple[UUID, UUID]]:
        return await desk.reads.due_to_show(work, limit, without=idle)

    async def act(plan_id: UUID, _: list[UUID]) -> int:
        return await _show_plan(desk, plan_id)

    return await work_round(desk, find, act)


async def _show_plan(desk: Desk, plan_id: UUID) -> int:
    async with desk.database.transaction() as work:
        now = desk.database.clock.now()
        try:
            dossier = await desk.dossiers.load(work, plan_id, Directory(), now, skip_locked=True)
        except KeyDestroyedError:  # erased: nobody is told, and no clock runs for it
            await desk.writes.show_rest(work, plan_id)
            return 1
        if dossier is None:
            return 0  # another replica, or an answer on its way, holds it
        show_due(dossier)
        announce(work, await desk.dossiers.save(work, [dossier]))
    return 1
