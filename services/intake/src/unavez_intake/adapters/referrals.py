"""All SQL about what the router says of referrals: signed facts, statuses, milestones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Executable,
    Integer,
    String,
    and_,
    bindparam,
    case,
    func,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from unavez_intake.adapters import sealed
from unavez_intake.adapters.tables import milestones, packets
from unavez_intake.domain.records import Milestone
from unavez_intake.domain.referrals import FINALITY, Fact, Standing, Step, is_ended
from unavez_shared.messaging.runs import without_repeats
from unavez_shared.persistence.arrays import as_arrays, unnested
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.case_keys import CaseKeys, NoKeyError
from unavez_shared.privacy.fields import CaseCipher

_FINALITY = case(FINALITY, value=packets.c.status, else_=0)


_SHOW = (
    update(packets)
    .where(packets.c.referral_id == bindparam("shown_id"), packets.c.status_version <= bindparam("shown_version"))
    .values(shown_at=None, shown_status=None)
)


def _apply_facts() -> Executable:
    new = upsert(packets).from_select([one.name for one in packets.c], select(unnested(packets.c)))
    fact, row = new.excluded, packets.c
    moves = and_(_FINALITY == 0, fact.status_version > row.status_version)
    shows = or_(
        fact.scope_version > row.scope_version,
        and_(fact.scope_version == row.scope_version, fact.facts_version > row.facts_version),
    )
    return new.on_conflict_do_update(
        index_elements=[row.referral_id],
        # The receiver and the case of a referral never change: whoever says otherwise is not believed.
        set_={
            "sealed": case((shows, fact.sealed), else_=row.sealed),
            "facts_version": case((shows, fact.facts_version), else_=row.facts_version),
            "scope_version": func.greatest(row.scope_version, fact.scope_version),
            "accepted": or_(row.accepted, fact.accepted),
            "signed_steps": or_(row.signed_steps, fact.signed_steps),
            "status": case((moves, fact.status), else_=row.status),
            "status_version": case((moves, fact.status_version), else_=row.status_version),
            "shown_at": case((moves, fact.shown_at), else_=row.shown_at),
            "shown_status": case((moves, fact.shown_status), else_=row.shown_status),
        },
        where=or_(
            shows, moves, and_(fact.accepted, not_(row.accepted)), and_(fact.signed_steps, not_(row.signed_steps))
        ),
    )


def _apply_steps() -> Executable:
    ends = bindparam("step_finality", type_=Integer)
    version = bindparam("step_version", type_=Integer)
    return (
        update(packets)
        .where(
            packets.c.referral_id == bindparam("step_id"),
            or_(ends > _FINALITY, and_(_FINALITY == 0, ends == 0, packets.c.status_version < version)),
        )
        .values(
            status=bindparam("step_status", type_=String),
            status_version=func.greatest(packets.c.status_version, version),
            ended_at=bindparam("step_ended_at", type_=DateTime(timezone=True)),
            shown_at=bindparam("step_shown_at", type_=DateTime(timezone=True)),
            shown_status=bindparam("step_shown_status", type_=String),
        )
    )


_FACTS = _apply_facts()
_STEPS = _apply_steps()
_ADD_MILESTONE = upsert(milestones).on_conflict_do_nothing()


class ReferralStore:
    """What the router said, in PostgreSQL; what it says about her is sealed under the case's key."""

    def __init__(self, keys: CaseKeys) -> None:
        self._keys = keys

    async def standing_of(self, work: UnitOfWork, referral_ids: Collection[UUID]) -> Mapping[UUID, Standing]:
        """Return what is on record of those of these referrals that are known."""
        columns = (packets.c.referral_id, packets.c.accepted, packets.c.signed_steps)
        rows = await work.execute(select(*columns).where(packets.c.referral_id.in_(referral_ids)))
        return {row.referral_id: Standing(row.accepted, row.signed_steps) for row in rows}

    async def apply_facts(self, work: UnitOfWork, facts: Sequence[Fact]) -> None:
        """Store signed facts where they are newer. Facts of an erased case are dropped."""
        ciphers = await self._ciphers(fact.referral.case_id for fact in facts)
        rows = [
            {
                "referral_id": referral.referral_id,
                "case_id": referral.case_id,
                "organization_id": referral.organization_id,
                "status": referral.status,
                "status_version": fact.version,
                "accepted": referral.accepted,
                "ended_at": referral.ended_at,
                "facts_version": fact.version,
                "scope_version": fact.scope_version,
                "signed_steps": fact.signed_steps,
                "sealed": sealed.seal(
                    ciphers[referral.case_id],
                    sealed.referral_value(referral),
                    table="packets",
                    case_id=referral.case_id,
                    version=fact.version,
                ),
                "shown_at": referral.shown_at,
                "shown_status": referral.shown_status,
            }
            for fact in facts
            if (referral := fact.referral).case_id in ciphers
        ]
        for part in without_repeats(rows, itemgetter("referral_id")):
            await work.execute(_FACTS, as_arrays(packets.c, part))

    async def apply_steps(self, work: UnitOfWork, steps: Sequence[Step]) -> None:
        """Move statuses where they end more, or are newer and nothing ended; rows that do not exist stay so."""
        rows = [
            {
                "step_id": step.referral_id,
                "step_version": step.version,
                "step_status": step.status,
                "step_finality": FINALITY.get(step.status, 0),
                "step_ended_at": step.at if is_ended(step.status) else None,
                "step_shown_at": step.shown_at,
                "step_shown_status": step.shown_status,
            }
            for step in steps
        ]
        await work.execute(_STEPS, rows)

    async def show(self, work: UnitOfWork, shown: Sequence[tuple[UUID, int]]) -> None:
        """Let her team see each referral as it is in this version, and as it was in the ones before."""
        rows = [{"shown_id": referral_id, "shown_version": version} for referral_id, version in shown]
        await work.execute(_SHOW, rows)

    async def add_milestones(self, work: UnitOfWork, reported: Sequence[Milestone]) -> None:
        """Store milestones once. Those of an erased case are dropped."""
        ciphers = await self._ciphers(milestone.case_id for milestone in reported)
        rows = [
            {
                "milestone_id": milestone.milestone_id,
                "referral_id": milestone.referral_id,
                "case_id": milestone.case_id,
                "happened_at": milestone.on,
                "sealed": sealed.seal(
                    ciphers[milestone.case_id],
                    sealed.milestone_value(milestone),
                    table="milestones",
                    case_id=milestone.case_id,
                ),
            }
            for milestone in reported
            if milestone.case_id in ciphers
        ]
        if rows:
            await work.execute(_ADD_MILESTONE, rows)

    async def _ciphers(self, case_ids: Iterable[UUID]) -> Mapping[UUID, CaseCipher]:
        wanted = set(case_ids)
        try:
            return await self._keys.get_many(wanted)
        except NoKeyError:
            return await self._surviving(wanted)

    async def _surviving(self, case_ids: set[UUID]) -> Mapping[UUID, CaseCipher]:
        ciphers = {}
        for case_id in case_ids:
            try:
                ciphers[case_id] = await self._keys.get(case_id)
            except NoKeyError:
                continue
        return ciphers
