"""The clock's own work: offers nobody answered in time, and vital ones nobody answered at all (SAFETY N13)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from unavez_referral_router.domain.clocks import VITAL_CALL_AFTER
from unavez_referral_router.domain.states import Status
from unavez_referral_router.domain.steps import call, expire
from unavez_referral_router.use_cases.announce import announce
from unavez_referral_router.use_cases.measures import OFFERS_UNANSWERED
from unavez_referral_router.use_cases.ports import Desk
from unavez_shared.messaging.transient import is_down
from unavez_shared.observability.log import logger
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.case_keys import KeyDestroyedError

log = logger(__name__)

_BATCH = 100


async def watch_offers(desk: Desk) -> int:
    """Look once at every offer whose time has come; return how many were acted on. Several replicas share the work.

    Offers come a batch at a time, the oldest first. A plan on which nothing could be done stays due, so it is left out
    of the batches that follow: however many such plans there are, they keep no other from its turn.
    """
    now = desk.database.clock.now()
    acted, idle = 0, set[UUID]()
    while True:
        async with desk.database.transaction() as work:
            due = await desk.reads.due_offers(work, now, now - VITAL_CALL_AFTER, _BATCH, without=idle)
        by_plan: dict[UUID, list[UUID]] = {}
        for plan_id, referral_id in due:
            by_plan.setdefault(plan_id, []).append(referral_id)
        done = {plan_id: await _try_plan(desk, plan_id, referral_ids) for plan_id, referral_ids in by_plan.items()}
        acted += sum(done.values())
        if all(done.values()) or len(due) < _BATCH:
            return acted
        idle |= {plan_id for plan_id, count in done.items() if not count}


async def _try_plan(desk: Desk, plan_id: UUID, referral_ids: list[UUID]) -> int:
    try:
        return await _watch_plan(desk, plan_id, referral_ids)
    except Exception as error:
        if is_down(error):
            raise
        # Whatever is wrong with one plan must not stop the clock of all the others.
        log.warning("offer_not_watched", plan_id=str(plan_id), error=type(error).__name__)
        return 0


async def _watch_plan(desk: Desk, plan_id: UUID, referral_ids: list[UUID]) -> int:
    directory = await desk.projection.current()
    now = desk.database.clock.now()
    acted = 0
    async with desk.database.transaction() as work:
        try:
            dossier = await desk.dossiers.load(work, plan_id, directory, now, skip_locked=True)
        except KeyDestroyedError:  # a key that is only missing may come back: then somebody waits for her
            return await _let_rest(desk, work, plan_id, now)  # under the plan's lock, which `load` took first
        if dossier is None:
            return 0  # another replica, or an answer on its way, holds it
        for referral_id in referral_ids:
            referral = dossier.referrals[referral_id]
            if referral.status is not Status.REQUESTED or referral.respond_by is None or referral.offered_at is None:
                continue
            silent_since = referral.offered_at + VITAL_CALL_AFTER
            if dossier.row_of(referral).vital and referral.called_at is None and silent_since <= now:
                call(dossier, referral)
                acted += 1
            if referral.escalated_at is None and referral.respond_by <= now:
                expire(dossier, dossier.referrals[referral_id])
                acted += 1
                work.record("offer_unanswered", case_id=dossier.case.case_id, subject_id=referral_id)
                work.after_commit(OFFERS_UNANSWERED.inc)
        announce(work, await desk.dossiers.save(work, [dossier]))
    return acted


async def _let_rest(desk: Desk, work: UnitOfWork, plan_id: UUID, now: datetime) -> int:
    """Her case was erased: nobody is asked or told any more, and no clock runs for what can no longer be read."""
    offers = await desk.writes.let_rest(work, plan_id, now)
    for case_id, referral_id in offers:
        work.record("erased_offer_let_rest", case_id=case_id, subject_id=referral_id)
    log.info("erased_case_let_rest", plan_id=str(plan_id), offers=len(offers))
    return len(offers)
