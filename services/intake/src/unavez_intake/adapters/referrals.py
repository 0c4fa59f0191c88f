"""All SQL about what the router says of referrals: signed facts, statuses, milestones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from uuid import UUID

from sqlalchemy import Executable, bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from unavez_intake.adapters import sealed
from unavez_intake.adapters.tables import milestones, packets
from unavez_intake.domain.records import Milestone
from unavez_intake.domain.referrals import Referral, Standing
from unavez_shared.messaging.runs import without_repeats
from unavez_shared.persistence.arrays import as_arrays, unnested
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.case_keys import CaseKeys, NoKeyError
from unavez_shared.privacy.fields import CaseCipher

_STATUS = update(packets).where(
    packets.c.referral_id == bindparam("moved_id"), packets.c.status_version < bindparam("moved_version")
)


_SHOW = (
    update(packets)
    .where(packets.c.referral_id == bindparam("shown_id"), packets.c.status_version <= bindparam("shown_version"))
    .values(shown_at=None, shown_status=None)
)


def _apply_facts() -> Executable:
    new = upsert(packets).from_select([one.name for one in packets.c], select(unnested(packets.c)))
    is_newest = new.excluded.status_version > packets.c.status_version
    return new.on_conflict_do_update(
        index_elements=[packets.c.referral_id],
        # The receiver and the case of a referral never change: whoever says otherwise is not believed.
        set_={
            "sealed": new.excluded.sealed,
            "facts_version": new.excluded.facts_version,
            "accepted": or_(packets.c.accepted, new.excluded.accepted),
            "status": case((is_newest, new.excluded.status), else_=packets.c.status),
            "status_version": func.greatest(packets.c.status_version, new.excluded.status_version),
            **{
                name: case((is_newest, new.excluded[name]), else_=packets.c[name])
                for name in ("shown_at", "shown_status")
            },
        },
        where=new.excluded.facts_version > packets.c.facts_version,
    )


_FACTS = _apply_facts()
_ADD_MILESTONE = upsert(milestones).on_conflict_do_nothing()


class SqlReferralStore:
    """What the router said, in PostgreSQL; what it says about her is sealed under the case's key."""

    def __init__(self, keys: CaseKeys) -> None:
        self._keys = keys

    async def acceptance_of(self, work: UnitOfWork, referral_ids: Collection[UUID]) -> Mapping[UUID, bool]:
        """Return, for the referrals that are known, whether a signed acceptance was heard."""
        rows = await work.execute(
            select(packets.c.referral_id, packets.c.accepted).where(packets.c.referral_id.in_(referral_ids))
        )
        return {row.referral_id: row.accepted for row in rows}

    async def apply_facts(self, work: UnitOfWork, facts: Sequence[tuple[int, Referral]]) -> None:
        """Store signed facts (version, referral) where they are newer. Facts of an erased case are dropped."""
        ciphers = await self._ciphers(referral.case_id for _, referral in facts)
        rows = [
            {
                "referral_id": referral.referral_id,
                "case_id": referral.case_id,
                "organization_id": referral.organization_id,
                "status": referral.status,
                "status_version": version,
                "accepted": referral.accepted,
                "ended_at": referral.ended_at,
                "facts_version": version,
                "sealed": sealed.seal(
                    ciphers[referral.case_id],
                    sealed.referral_value(referral),
                    table="packets",
                    case_id=referral.case_id,
                    version=version,
                ),
                "shown_at": referral.shown_at,
                "shown_status": referral.shown_status,
            }
            for version, referral in facts
            if referral.case_id in ciphers
        ]
        for part in without_repeats(rows, itemgetter("referral_id")):
            await work.execute(_FACTS, as_arrays(packets.c, part))

    async def apply_statuses(self, work: UnitOfWork, statuses: Sequence[Standing]) -> None:
        """Move the statuses that are newer; rows that do not exist stay so."""
        rows = [
            {
                "moved_id": standing.referral_id,
                "moved_version": standing.version,
                "status": standing.status,
                "status_version": standing.version,
                "ended_at": standing.ended_at,
                "shown_at": standing.shown_at,
                "shown_status": standing.shown_status,
            }
            for standing in statuses
        ]
        await work.execute(_STATUS, rows)

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
