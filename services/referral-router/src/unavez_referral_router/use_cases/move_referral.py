"""A referral is answered, worked on or ended: by its agency, or by the case's team."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.domain.matching.service import Service
from unavez_referral_router.domain.referrals.case import StepAuthor
from unavez_referral_router.domain.referrals.decisions.steps import take_step
from unavez_referral_router.domain.referrals.decisions.visibility import show_row
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.reasons import OTHER, coded, refusal_reason
from unavez_referral_router.domain.referrals.states import Party, Status, is_legal, may_ever
from unavez_referral_router.use_cases.announce import announce
from unavez_referral_router.use_cases.show_referrals import ShownReferral, record_houses, show_moved
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import (
    ConflictError,
    Fault,
    InvalidInputError,
    NotYoursError,
    Refused,
    WrongRoleError,
)
from unavez_shared.persistence.database import UnitOfWork

OTHER_HOUSE = "other_house"
"""The `note_code` by which a front door says that a house the router does not know of may take her."""
_ROUTER_ONLY = frozenset({Status.DRAFT, Status.REQUESTED, Status.EXPIRED})


@dataclass(frozen=True, slots=True)
class OnBehalfOf:
    """The answer came by another way than the system."""

    channel: str
    who: str


@dataclass(frozen=True, slots=True)
class MoveReferral:
    """One step of a referral of this dossier."""

    dossier: Dossier
    referral_id: UUID
    actor: Actor
    to: Status
    expected_version: int
    reason: str | None = None
    note_code: str | None = None
    on_behalf_of: OnBehalfOf | None = None


async def find_dossier(referral_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores) -> Dossier | None:
    """Return, locked, the dossier of a referral the actor may see."""
    return await stores.dossiers.load_of_referral(work, referral_id, actor, await stores.projection.current(work))


async def move_referral(command: MoveReferral, work: UnitOfWork, stores: Stores) -> ShownReferral | Refused:
    """Take the step and return what the actor sees of the referral then.

    Her team's steps are judged by what it sees: else an illegal one would tell it what it is not to see yet (ADR 19).

    Raises `InvalidInputError` (an agency answers for itself: only a team records what was answered by another way, and
    it sees that at once), `WrongRoleError` (never this actor's step), `ConflictError` (another version, illegal from
    here). Refuses on record what tells something: a step that came late, a front door none of whose houses may take
    her.
    """
    actor, dossier = command.actor, command.dossier
    of_agency = actor.role is Role.AGENCY
    if of_agency and command.on_behalf_of is not None:
        raise InvalidInputError([Fault("/on_behalf_of", "not_allowed")])
    party = party_of(command)
    if command.to not in _ROUTER_ONLY and not may_ever(party, command.to):
        raise WrongRoleError
    referral = dossier.referrals[command.referral_id]
    seen = referral if of_agency else referral.as_team_sees(dossier.now)
    if seen is None:
        raise NotYoursError
    if seen.version != command.expected_version:
        raise ConflictError(Conflict.VERSION_CONFLICT)
    if not is_legal(seen.status, command.to, party):
        raise ConflictError(Conflict.ILLEGAL_TRANSITION)
    if seen.version != referral.version:
        show_row(dossier, referral.row_number)
        announce(work, await stores.dossiers.save(work, [dossier]))
        _record(work, "step_came_late", command, dossier)
        return Refused(ConflictError(Conflict.VERSION_CONFLICT))
    if of_agency and _needs_another_house(command, dossier.houses_of(referral)):
        record_houses(work, referral, actor, fits=False)
        return Refused(ConflictError(Conflict.NO_HOUSE_FITS))
    take_step(dossier, referral, command.to, _author(command, party, hidden=dossier.is_hidden(referral)))
    announce(work, await stores.dossiers.save(work, [dossier]))
    _record(work, "referral_moved", command, dossier)
    return await show_moved(dossier, command.referral_id, actor, work, stores)


def _record(work: UnitOfWork, action: str, command: MoveReferral, dossier: Dossier) -> None:
    work.record(
        action,
        actor=command.actor,
        case_id=dossier.case.case_id,
        subject_id=command.referral_id,
        to=command.to.value,
        on_behalf=command.on_behalf_of is not None,
    )


def party_of(command: MoveReferral) -> Party:
    """Return as whom the actor steps: the team speaks for the agency only when it says on whose behalf."""
    if command.actor.role is Role.AGENCY:
        return Party.AGENCY
    if command.on_behalf_of is not None:
        return Party.AGENCY
    return Party.COORDINATOR if command.actor.role is Role.COORDINATOR else Party.TEAM


def _needs_another_house(command: MoveReferral, houses: Collection[Service] | None) -> bool:
    """Tell whether a front door accepts although none of its houses may take her, and names no other one.

    It alone is told: by trying on its behalf her team would learn where its houses are (ADR 19).
    """
    return command.to is Status.ACCEPTED and houses is not None and not houses and command.note_code != OTHER_HOUSE


def _author(command: MoveReferral, party: Party, *, hidden: bool) -> StepAuthor:
    behalf = command.on_behalf_of
    reason = refusal_reason(command.reason) if command.to is Status.REJECTED else coded(command.reason)
    note_code = coded(command.note_code)
    if hidden and party is Party.AGENCY:
        # Why the front door of a hidden house says no, or stops, tells where its houses are, or that they are full.
        reason, note_code = (None if reason is None else OTHER), None
    return StepAuthor(
        party=party,
        subject=command.actor.subject,
        reason=reason,
        note_code=note_code,
        channel=None if behalf is None else coded(behalf.channel),
        who=None if behalf is None else behalf.who,
    )
