"""Every case has one person who answers for it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from unavez_referral_router.use_cases.ports import Desk
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.errors import NotYoursError


@dataclass(frozen=True, slots=True)
class SetFocalPoint:
    """Who answers for which case from now on."""

    case_id: UUID
    actor: Actor
    subject: str


async def require_case(case_id: UUID, actor: Actor, desk: Desk) -> None:
    """Raise `NotYoursError` unless the actor may see the case."""
    async with desk.database.transaction() as work:
        if await desk.reads.plan_of_case(work, case_id, actor) is None:
            raise NotYoursError


async def set_focal_point(command: SetFocalPoint, desk: Desk) -> None:
    """Name the focal point; that person sees the case from then on."""
    async with desk.database.transaction() as work:
        await desk.writes.set_focal_point(work, command.case_id, command.subject)
        work.record("focal_point_set", actor=command.actor, case_id=command.case_id, focal_point=command.subject)
