"""The plan of a case: read by its team, confirmed by a named worker, answered for by one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.domain.referrals.case import PlanRecord
from unavez_referral_router.domain.referrals.decisions.confirmation import Confirmer, confirm
from unavez_referral_router.domain.referrals.decisions.offers import COORDINATOR_CONFIRMATION, SECOND_CONFIRMATION
from unavez_referral_router.domain.referrals.decisions.visibility import as_team_sees
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.use_cases.announce import announce
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError
from unavez_shared.persistence.database import UnitOfWork


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A dossier as her team sees it, and its unmet needs."""

    dossier: Dossier
    unmet: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ShowPlan:
    """Who reads the plan of which dossier."""

    actor: Actor
    dossier: Dossier


@dataclass(frozen=True, slots=True)
class ConfirmPlan:
    """Who confirms the plan of which dossier."""

    actor: Actor
    dossier: Dossier
    preview_digest: str | None
    """Of the plan as the worker saw it; None = not checked."""
    second: bool | None
    """True: only as the second person; False: never as the second person; None: whichever is open."""


@dataclass(frozen=True, slots=True)
class SetFocalPoint:
    """Who answers for which case from now on."""

    actor: Actor
    case_id: UUID
    subject: str


async def find_plan_of_case(case_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores) -> Dossier | None:
    """Return the dossier of a case of the actor's, to look at; None while it has no plan."""
    return await stores.dossiers.show_of_case(work, case_id, actor)


async def show_plan(command: ShowPlan, work: UnitOfWork, stores: Stores) -> ShownPlan:
    """Return the plan, recorded as read."""
    case_id, plan_id = command.dossier.case.case_id, command.dossier.record.plan_id
    work.record("plan_read", actor=command.actor, case_id=case_id, subject_id=plan_id)
    return ShownPlan(as_team_sees(command.dossier), await stores.reads.unmet_of_plan(work, plan_id))


async def find_plan(plan_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores) -> Dossier | None:
    """Return, locked, the dossier of a plan the actor may see."""
    directory = await stores.projection.current(work)
    return await stores.dossiers.load(work, plan_id, directory, actor=actor)


async def confirm_plan(command: ConfirmPlan, work: UnitOfWork, stores: Stores) -> ShownPlan:
    """Confirm; what may leave leaves in the same transaction.

    Raises `ConflictError` when the plan is not what was seen or cannot be confirmed.
    """
    dossier = command.dossier
    if command.preview_digest is not None and command.preview_digest != dossier.plan.digest:
        raise ConflictError(Conflict.PLAN_DIFFERS)
    before, plan_id = dossier.record, dossier.record.plan_id
    if confirm(dossier, Confirmer.of(command.actor, dossier.case), second=command.second):
        released = before.waits_since is not None and dossier.record.waits_since is None
        work.record(
            "plan_confirmed",
            actor=command.actor,
            case_id=dossier.case.case_id,
            subject_id=plan_id,
            coordinator_released=released,
        )
        announce(work, await stores.dossiers.save(work, [dossier]), plan_changed=True)
        await stores.writes.close_tasks(
            work, plan_id, _answered(before, dossier.record), by=command.actor.subject, at=dossier.now
        )
    return ShownPlan(as_team_sees(dossier), await stores.reads.unmet_of_plan(work, plan_id))


async def find_case(case_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores) -> UUID | None:
    """Return the id of a case the actor may see, locked."""
    return await stores.reads.case(work, case_id, actor)


async def set_focal_point(command: SetFocalPoint, work: UnitOfWork, stores: Stores) -> None:
    """Name the focal point; that person sees the case from then on."""
    await stores.writes.set_focal_point(work, command.case_id, command.subject)
    work.record("focal_point_set", actor=command.actor, case_id=command.case_id, focal_point=command.subject)


def _answered(before: PlanRecord, after: PlanRecord) -> list[str]:
    """Return the codes of the tasks that asked for what was confirmed."""
    answers = {
        COORDINATOR_CONFIRMATION: before.waits_since is not None and after.waits_since is None,
        SECOND_CONFIRMATION: before.second_confirmed_by is None and after.second_confirmed_by is not None,
    }
    return [code for code, answered in answers.items() if answered]
