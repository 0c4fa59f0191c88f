"""The clock's own work: offers nobody answered in time, and vital ones nobody answered at all (SAFETY N13)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.domain.referrals.deadlines import VITAL_CALL_AFTER
from unavez_referral_router.domain.referrals.decisions.steps import call, expire
from unavez_referral_router.domain.referrals.states import Status
from unavez_referral_router.use_cases.announce import announce
from unavez_referral_router.use_cases.measures import OFFERS_UNANSWERED
from unavez_referral_router.use_cases.rounds import work_round
from unavez_shared.observability.log import logger
from unavez_shared.persistence.database import Database, UnitOfWork
from unavez_shared.privacy.case_keys import KeyDestroyedError

log = logger(__name__)


async def watch_offers(database: Database, stores: Stores) -> int:
    """Look once at every offer whose time has come; return how many were acted on. The oldest come first."""
    now = database.clock.now()

    async def find(work: UnitOfWork, limit: int, idle: Collection[UUID]) -> Sequence[tuple[UUID, UUID]]:
        return await stores.reads.due_offers(work, now, now - VITAL_CALL_AFTER, limit, without=idle)

    async def act(plan_id: UUID, referral_ids: list[UUID]) -> int:
        return await _watch_plan(database, stores, plan_id, referral_ids)

    return await work_round(database, find, act)


async def _watch_plan(database: Database, stores: Stores, plan_id: UUID, referral_ids: list[UUID]) -> int:
    acted = 0
    async with database.transaction() as work:
        now, directory = work.now(), await stores.projection.current(work)
        try:
            dossier = await stores.dossiers.load(work, plan_id, directory, skip_locked=True)
        except KeyDestroyedError:  # a key that is only missing may come back: then somebody waits for her
            return await _let_rest(plan_id, work, stores)  # under the plan's lock, which `load` took first
        if dossier is None:
            return 0  # another replica, or an answer on its way, holds it
        for referral_id in referral_ids:
            referral = dossier.referrals[referral_id]
            if referral.status is not Status.REQUESTED or referral.respond_by is None or referral.offered_at is None:
                continue
            silent_since = referral.offered_at + VITAL_CALL_AFTER
            if dossier.row_of(referral).vital and referral.called_at is None and silent_since <= now:
                call(dossier, referral, silent_since)
                acted += 1
            if referral.escalated_at is None and referral.respond_by <= now:
                expire(dossier, dossier.referrals[referral_id])
                acted += 1
                work.record("offer_unanswered", case_id=dossier.case.case_id, subject_id=referral_id)
                work.after_commit(OFFERS_UNANSWERED.inc)
        announce(work, await stores.dossiers.save(work, [dossier]))
    return acted


async def _let_rest(plan_id: UUID, work: UnitOfWork, stores: Stores) -> int:
    """Her case was erased: nobody is asked or told any more, and no clock runs for what can no longer be read."""
    offers = await stores.writes.let_rest(work, plan_id, work.now())
    for case_id, referral_id in offers:
        work.record("erased_offer_let_rest", case_id=case_id, subject_id=referral_id)
    log.info("erased_case_let_rest", plan_id=str(plan_id), offers=len(offers))
    return len(offers)
