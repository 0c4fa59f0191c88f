"""A named worker confirms a plan; what may leave leaves in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from unavez_referral_router.domain.referrals.case import PlanRecord
from unavez_referral_router.domain.referrals.decisions.confirmation import Confirmer, confirm
from unavez_referral_router.domain.referrals.decisions.offers import COORDINATOR_CONFIRMATION, SECOND_CONFIRMATION
from unavez_referral_router.domain.referrals.decisions.visibility import as_team_sees
from unavez_referral_router.use_cases.announce import announce
from unavez_referral_router.use_cases.ports import Desk
from unavez_referral_router.use_cases.show_plan import ShownPlan
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError, NotYoursError


@dataclass(frozen=True, slots=True)
class ConfirmPlan:
    """Who confirms which plan."""

    plan_id: UUID
    actor: Actor
    preview_digest: str | None
    """Of the plan as the worker saw it; None = not checked."""
    second: bool | None
    """True: only as the second person; False: never as the second person; None: whichever is open."""


async def require_plan(plan_id: UUID, actor: Actor, desk: Desk) -> None:
    """Raise `NotYoursError` unless the actor may see the plan."""
    async with desk.database.transaction() as work:
        if not await desk.reads.may_see_plan(work, plan_id, actor):
            raise NotYoursError


async def confirm_plan(command: ConfirmPlan, desk: Desk) -> ShownPlan:
    """Confirm and return the plan. Raises `ConflictError` when it is not what was seen or cannot be confirmed."""
    directory = await desk.projection.current()
    async with desk.database.transaction() as work:
        dossier = await desk.dossiers.load(work, command.plan_id, directory, desk.database.clock.now())
        if dossier is None:
            raise NotYoursError
        if command.preview_digest is not None and command.preview_digest != dossier.plan.digest:
            raise ConflictError(Conflict.PLAN_DIFFERS)
        before = dossier.record
        if confirm(dossier, Confirmer.of(command.actor, dossier.case), second=command.second):
            released = before.waits_since is not None and dossier.record.waits_since is None
            work.record(
                "plan_confirmed",
                actor=command.actor,
                case_id=dossier.case.case_id,
                subject_id=command.plan_id,
                coordinator_released=released,
            )
            announce(work, await desk.dossiers.save(work, [dossier]), plan_changed=True)
            await desk.writes.close_tasks(
                work, command.plan_id, _answered(before, dossier.record), by=command.actor.subject, at=dossier.now
            )
        return ShownPlan(as_team_sees(dossier), await desk.reads.unmet_of_plan(work, command.plan_id))


def _answered(before: PlanRecord, after: PlanRecord) -> list[str]:
    """Return the codes of the tasks that asked for what was confirmed."""
    answers = {
        COORDINATOR_CONFIRMATION: before.waits_since is not None and after.waits_since is None,
        SECOND_CONFIRMATION: before.second_confirmed_by is None and after.second_confirmed_by is not None,
    }
    return [code for code, answered in answers.items() if answered]
