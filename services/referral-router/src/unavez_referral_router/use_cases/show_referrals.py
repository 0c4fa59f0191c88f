"""Referrals as an agency or a case's team sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.service import Service
from unavez_referral_router.domain.plan.conditions import withheld_for
from unavez_referral_router.domain.referrals.decisions.visibility import as_team_sees
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import HELPING, Status
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


@dataclass(frozen=True, slots=True)
class ShowReferral:
    """Who reads which referral, as it was found for that actor."""

    actor: Actor
    referral: Referral


async def list_referrals(wanted: ReferralFilter, actor: Actor, work: UnitOfWork, stores: Stores) -> list[Referral]:
    """Return a page, one more than asked when there are more."""
    return await stores.reads.referrals(
        work,
        actor,
        status=wanted.status,
        service_type=wanted.service_type,
        after=wanted.after,
        limit=wanted.limit + 1,
    )


async def find_referral(referral_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores) -> Referral | None:
    """Return a referral as this actor may know it."""
    return await stores.reads.referral(work, referral_id, actor)


async def show_referral(command: ShowReferral, work: UnitOfWork, stores: Stores) -> ShownReferral:
    """Return one referral with as much as this actor may know."""
    referral = command.referral
    if command.actor.role is Role.AGENCY:
        return ShownReferral(referral, None, await _houses(command, work, stores))
    dossier = await _dossier(referral, work, stores, Directory()) if referral.status is Status.DRAFT else None
    return ShownReferral(referral, await _team_view(referral, dossier, work, stores))


async def show_moved(
    dossier: Dossier, referral_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores
) -> ShownReferral:
    """Return the same of a referral of a dossier that was just saved, without reading it again."""
    referral = dossier.referrals[referral_id]
    if actor.role is Role.AGENCY:
        known = referral.as_receiver_sees(dossier.case.captured_at)
        if known is None:
            raise NotYoursError
        houses = _disclose_houses(dossier, referral, actor, work) if _tells_houses(referral) else None
        return ShownReferral(known, None, houses)
    seen = referral.as_team_sees(dossier.now)
    if seen is None:
        raise NotYoursError
    return ShownReferral(seen, await _team_view(seen, dossier, work, stores))


def record_houses(work: UnitOfWork, referral: Referral, actor: Actor, *, fits: bool) -> None:
    """Write into the audit that a front door learns which of its houses may take her, or that none may."""
    work.record("houses_disclosed", actor=actor, case_id=referral.case_id, subject_id=referral.referral_id, fits=fits)


async def _team_view(referral: Referral, dossier: Dossier | None, work: UnitOfWork, stores: Stores) -> TeamView:
    held: list[str] | None = None
    if dossier is not None and referral.status is Status.DRAFT:
        seen = as_team_sees(dossier)
        held = withheld_for(seen.plan, seen.row_of(referral), seen.progress())
    return TeamView(
        offered_to=await stores.reads.offered_before(work, referral),
        withheld_for=held,
        history=await stores.reads.history(work, referral),
    )


def _tells_houses(referral: Referral) -> bool:
    """Tell whether it may be a front door's that accepted: its offer names no department."""
    return referral.department is None and referral.open and referral.status in HELPING


async def _houses(command: ShowReferral, work: UnitOfWork, stores: Stores) -> Sequence[Service] | None:
    """Return which houses of a front door that accepted may take her: each reading is a row of the audit."""
    referral = command.referral
    if not _tells_houses(referral):
        return None  # the plan need not be opened for the others
    try:
        dossier = await _dossier(referral, work, stores, await stores.projection.current(work))
    except NoKeyError:
        return None  # what was decided for her is gone with her key
    return _disclose_houses(dossier, referral, command.actor, work)


def _disclose_houses(dossier: Dossier, referral: Referral, actor: Actor, work: UnitOfWork) -> Sequence[Service] | None:
    houses = dossier.houses_of(referral)
    if houses is not None:
        record_houses(work, referral, actor, fits=bool(houses))
    return houses


async def _dossier(referral: Referral, work: UnitOfWork, stores: Stores, directory: Directory) -> Dossier:
    dossier = await stores.dossiers.show(work, referral.plan_id, directory)
    if dossier is None:
        raise NotYoursError
    return dossier
