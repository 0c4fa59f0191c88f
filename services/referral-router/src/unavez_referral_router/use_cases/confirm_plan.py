"""A named worker confirms a plan; what may leave leaves in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from unavez_referral_router.domain.confirming import confirm
from unavez_referral_router.domain.sight import as_team_sees
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
        if confirm(dossier, command.actor.subject, second=command.second):
            work.record("plan_confirmed", actor=command.actor, case_id=dossier.case.case_id, subject_id=command.plan_id)
            announce(work, await desk.dossiers.save(work, [dossier]), plan_changed=True)
        return ShownPlan(as_team_sees(dossier), await desk.reads.unmet_of_plan(work, command.plan_id))
