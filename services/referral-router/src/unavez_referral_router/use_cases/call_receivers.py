"""No machine will tell these receivers: somebody calls (SAFETY N13)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.domain.referrals.decisions.steps import call
from unavez_referral_router.domain.referrals.states import Status
from unavez_referral_router.use_cases.announce import announce
from unavez_shared.contracts.event_data import DeliveryExhausted, SubscriptionDisabled
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.case_keys import KeyDestroyedError


async def call_receivers(failures: Sequence[DeliveryExhausted], work: UnitOfWork, stores: Stores) -> None:
    """Open a CALL_NOW task for each offer that no channel delivered and that still waits for an answer."""
    for failure in failures:
        plan_id = await stores.reads.plan_of_referral(work, failure.referral_id, failure.organization_id)
        if plan_id is not None:
            await _call(plan_id, failure.referral_id, failure.reason, work, stores)


async def call_organizations(losses: Sequence[SubscriptionDisabled], work: UnitOfWork, stores: Stores) -> None:
    """Open a CALL_NOW task for every unanswered offer to an organization that lost its last channel."""
    for loss in losses:
        if loss.reachable:
            continue
        for plan_id, referral_id in await stores.reads.unanswered_by(work, loss.organization_id):
            await _call(plan_id, referral_id, loss.reason, work, stores)


async def _call(plan_id: UUID, referral_id: UUID, reason: str, work: UnitOfWork, stores: Stores) -> None:
    directory = await stores.projection.current()
    try:
        dossier = await stores.dossiers.load(work, plan_id, directory)
    except KeyDestroyedError:
        return  # erased: nobody is called for her, and her case must not park the calls for the others
    if dossier is None:
        return
    referral = dossier.referrals[referral_id]
    if referral.status is not Status.REQUESTED or referral.called_at is not None:
        return
    call(dossier, referral)
    announce(work, await stores.dossiers.save(work, [dossier]))
    work.record("channel_failed", case_id=dossier.case.case_id, subject_id=referral_id, reason=reason)
