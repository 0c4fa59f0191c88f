"""A referral is answered, worked on or ended: by its agency, or by the case's team."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from unavez_referral_router.domain.dossier import Told
from unavez_referral_router.domain.offering import Offering
from unavez_referral_router.domain.referral import Referral
from unavez_referral_router.domain.refusing import OTHER, coded, refusal_reason
from unavez_referral_router.domain.states import Party, Status, is_legal, may_ever
from unavez_referral_router.domain.steps import take_step
from unavez_referral_router.use_cases.announce import announce
from unavez_referral_router.use_cases.ports import Desk
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError, NotYoursError, WrongRoleError

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
    """One step."""

    referral_id: UUID
    actor: Actor
    to: Status
    expected_version: int
    reason: str | None = None
    note_code: str | None = None
    on_behalf_of: OnBehalfOf | None = None


async def require_referral(referral_id: UUID, actor: Actor, desk: Desk) -> Referral:
    """Return a referral the actor may see. Raises `NotYoursError`."""
    async with desk.database.transaction() as work:
        referral = await desk.reads.referral(work, referral_id, actor)
    if referral is None:
        raise NotYoursError
    return referral


async def move_referral(command: MoveReferral, desk: Desk) -> Referral:
    """Take the step and return the referral.

    Raises `WrongRoleError` (never this actor's step), `ConflictError` (another version, illegal from here, or
    a front door none of whose houses may take her).
    """
    party = party_of(command)
    if command.to not in _ROUTER_ONLY and not may_ever(party, command.to):
        raise WrongRoleError
    seen = await require_referral(command.referral_id, command.actor, desk)
    directory = await desk.projection.current()
    async with desk.database.transaction() as work:
        dossier = await desk.dossiers.load(work, seen.plan_id, directory, desk.database.clock.now())
        if dossier is None:
            raise NotYoursError
        referral = dossier.referrals[command.referral_id]
        if referral.version != command.expected_version:
            raise ConflictError(Conflict.VERSION_CONFLICT)
        if not is_legal(referral.status, command.to, party):
            raise ConflictError(Conflict.ILLEGAL_TRANSITION)
        if _needs_another_house(command, dossier.houses_of(referral)):
            raise ConflictError(Conflict.NO_HOUSE_FITS)
        told = _told(command, party, hidden=dossier.is_hidden(referral))
        take_step(dossier, referral, command.to, told)
        announce(work, await desk.dossiers.save(work, [dossier]))
        work.record(
            "referral_moved",
            actor=command.actor,
            case_id=dossier.case.case_id,
            subject_id=command.referral_id,
            to=command.to.value,
            on_behalf=command.on_behalf_of is not None,
        )
        return dossier.referrals[command.referral_id]


def party_of(command: MoveReferral) -> Party:
    """Return as whom the actor steps: the team speaks for the agency only when it says on whose behalf."""
    if command.actor.role is Role.AGENCY:
        return Party.AGENCY
    if command.on_behalf_of is not None:
        return Party.AGENCY
    return Party.COORDINATOR if command.actor.role is Role.COORDINATOR else Party.TEAM


def _needs_another_house(command: MoveReferral, houses: Collection[Offering] | None) -> bool:
    """Tell whether a front door accepts although none of its houses may take her, and names no other one.

    Said to the front door alone: by trying on its behalf her team would learn where its houses are (ADR 19).
    """
    accepts = command.to is Status.ACCEPTED and command.actor.role is Role.AGENCY
    return accepts and houses is not None and not houses and command.note_code != OTHER_HOUSE


def _told(command: MoveReferral, party: Party, *, hidden: bool) -> Told:
    behalf = command.on_behalf_of
    reason = refusal_reason(command.reason) if command.to is Status.REJECTED else coded(command.reason)
    note_code = coded(command.note_code)
    if hidden and party is Party.AGENCY:
        # Why the front door of a hidden house says no, or stops, tells where its houses are, or that they are full.
        reason, note_code = (None if reason is None else OTHER), None
    return Told(
        party=party,
        subject=command.actor.subject,
        reason=reason,
        note_code=note_code,
        channel=None if behalf is None else coded(behalf.channel),
        who=None if behalf is None else behalf.who,
    )
