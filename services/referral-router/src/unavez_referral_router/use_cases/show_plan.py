"""The plan of a case, for its team and its organization's coordinators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.referrals.decisions.visibility import as_team_sees
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.use_cases.ports import Desk
from unavez_shared.contracts.actor import Actor


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A dossier as her team sees it, and its unmet needs."""

    dossier: Dossier
    unmet: Sequence[Mapping[str, Any]]


async def show_plan(case_id: UUID, actor: Actor, desk: Desk) -> ShownPlan | None:
    """Return the plan, recorded as read; None when there is none this actor may see (yet)."""
    async with desk.database.transaction() as work:
        plan_id = await desk.reads.plan_of_case(work, case_id, actor)
        if plan_id is None:
            return None
        dossier = await desk.dossiers.show(work, plan_id, Directory(), desk.database.clock.now())
        if dossier is None:
            return None
        work.record("plan_read", actor=actor, case_id=case_id, subject_id=plan_id)
        return ShownPlan(as_team_sees(dossier), await desk.reads.unmet_of_plan(work, plan_id))
