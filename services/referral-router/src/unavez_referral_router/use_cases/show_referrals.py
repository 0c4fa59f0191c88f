"""Referrals as an agency or a case's team sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.service import Service
from unavez_referral_router.domain.plan.conditions import withheld_for
from unavez_referral_router.domain.referrals.decisions.visibility import as_team_sees
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import HELPING, Status
from unavez_referral_router.use_cases.ports import Desk
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.errors import NotYoursError
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.case_keys import NoKeyError


@dataclass(frozen=True, slots=True)
class TeamView:
    """What only the case's own team and coordinators see."""

    offered_to: Sequence[Mapping[str, Any]]
    withheld_for: Sequence[str] | None
    history: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ShownReferral:
    """A referral; `team` is None for an agency (SAFETY N7), `houses` for all but a front door."""

    referral: Referral
    team: TeamView | None
    houses: Sequence[Service] | None = None


@dataclass(frozen=True, slots=True)
class ReferralFilter:
    """Which referrals, and after which one."""

    status: str | None
    service_type: str | None
    after: UUID | None
    limit: int


async def list_referrals(wanted: ReferralFilter, actor: Actor, desk: Desk) -> list[Referral]:
    """Return a page, one more than asked when there are more."""
    async with desk.database.transaction() as work:
        return await desk.reads.referrals(
            work,
            actor,
            status=wanted.status,
            service_type=wanted.service_type,
            after=wanted.after,
            limit=wanted.limit + 1,
        )


async def show_referral(referral_id: UUID, actor: Actor, desk: Desk) -> ShownReferral:
    """Return one referral with as much as this actor may know. Raises `NotYoursError`."""
    async with desk.database.transaction() as work:
        referral = await desk.reads.referral(work, referral_id, actor)
        if referral is None:
            raise NotYoursError
        if actor.role is not Role.AGENCY:
            return ShownReferral(referral, await _team_view(work, referral, desk))
    return ShownReferral(referral, None, await _houses(referral, actor, desk))


def record_houses(work: UnitOfWork, referral: Referral, actor: Actor, *, fits: bool) -> None:
    """Write into the audit that a front door learns which of its houses may take her, or that none may."""
    work.record("houses_disclosed", actor=actor, case_id=referral.case_id, subject_id=referral.referral_id, fits=fits)


async def _team_view(work: UnitOfWork, referral: Referral, desk: Desk) -> TeamView:
    held: list[str] | None = None
    if referral.status is Status.DRAFT:
        dossier = as_team_sees(await _dossier(work, referral, desk, Directory()))
        held = withheld_for(dossier.plan, dossier.row_of(referral), dossier.progress())
    return TeamView(
        offered_to=await desk.reads.offered_before(work, referral),
        withheld_for=held,
        history=await desk.reads.history(work, referral),
    )


async def _houses(referral: Referral, actor: Actor, desk: Desk) -> Sequence[Service] | None:
    """Return which houses of a front door that accepted may take her: each reading is a row of the audit."""
    if referral.department is not None or not (referral.open and referral.status in HELPING):
        return None  # a front door's offer names no department; the plan need not be opened for the others
    directory = await desk.projection.current()  # before the transaction: it takes a connection of its own
    try:
        async with desk.database.transaction() as work:
            houses = (await _dossier(work, referral, desk, directory)).houses_of(referral)
            if houses is not None:
                record_houses(work, referral, actor, fits=bool(houses))
            return houses
    except NoKeyError:
        return None  # what was decided for her is gone with her key


async def _dossier(work: UnitOfWork, referral: Referral, desk: Desk, directory: Directory) -> Dossier:
    dossier = await desk.dossiers.show(work, referral.plan_id, directory, desk.database.clock.now())
    if dossier is None:
        raise NotYoursError
    return dossier
