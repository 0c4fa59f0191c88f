"""All SQL about referrals as intake knows them: who may open which packet, milestones, disclosures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, any_, bindparam, exists, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from unavez_intake.adapters import sealed
from unavez_intake.adapters.intakes import consents_of_case
from unavez_intake.adapters.tables import (
    disclosures,
    intake_revisions,
    intake_team,
    intakes,
    milestones,
    packets,
)
from unavez_intake.domain.records import Disclosure, Member, Milestone, OnDuty, PacketMaterial, TeamReader
from unavez_intake.domain.referrals import helps
from unavez_shared.contracts.errors import GoneError
from unavez_shared.persistence.database import Database, UnitOfWork
from unavez_shared.privacy.case_keys import CaseKeys, NoKeyError
from unavez_shared.privacy.fields import CaseCipher
from unavez_shared.protocol.packet import LAWYER

PacketRow = Row[Any]
"""One packet as it is stored, account included: sealed."""

_KNOWN = select(packets.c.referral_id).where(
    packets.c.referral_id == any_(bindparam("referral_ids", type_=ARRAY(Uuid)))
)

_MEMBER = (
    intake_team.c.organization_id == bindparam("organization_id"),
    intake_team.c.subject == bindparam("subject"),
)

_OF_MEMBER = exists().where(intake_team.c.intake_id == intakes.c.intake_id, *_MEMBER)

_WITHOUT_TEAM = ~exists().where(intake_team.c.intake_id == intakes.c.intake_id)
"""A third party reported it: who writes an interview of her own is its team."""

_MATERIAL = (
    select(
        packets,
        intake_revisions.c.version,
        intake_revisions.c.sealed.label("account"),
    )
    .join(intakes, intakes.c.case_id == packets.c.case_id)
    .join(
        intake_revisions,
        (intake_revisions.c.intake_id == intakes.c.intake_id) & (intake_revisions.c.version == intakes.c.version),
    )
    .where(packets.c.referral_id == bindparam("referral_id"))
    # Whoever closes this referral waits until the disclosure is written, or comes first and closes it.
    .with_for_update(read=True, of=packets)
)

_LOAD = _MATERIAL.where(packets.c.organization_id == bindparam("organization_id"))

_LOAD_FOR = {Member: _MATERIAL.where(_OF_MEMBER), OnDuty: _MATERIAL.where(_WITHOUT_TEAM)}

_ACCEPTED = select(packets).where(packets.c.case_id == bindparam("case_id"), packets.c.accepted)

_MILESTONES = (
    select(milestones).where(milestones.c.referral_id == bindparam("referral_id")).order_by(milestones.c.happened_at)
)


class PacketStore:
    """Packets in PostgreSQL; what a referral says about her is sealed under the case's key."""

    def __init__(self, database: Database, keys: CaseKeys) -> None:
        self._database = database
        self._keys = keys

    async def known(self, referral_ids: Collection[UUID]) -> set[UUID]:
        """Return, outside of a transaction, those of the referrals that have a packet, whoever's it is."""
        async with self._database.engine.connect() as connection:
            found = await connection.scalars(_KNOWN, {"referral_ids": list(referral_ids)})
            return {UUID(int=one.int) for one in found}

    async def find(self, work: UnitOfWork, referral_id: UUID, organization_id: UUID) -> PacketRow | None:
        """Return the packet this organization was offered; its referral cannot change before the transaction ends."""
        wanted = {"referral_id": referral_id, "organization_id": organization_id}
        return (await work.execute(_LOAD, wanted)).first()

    async def material(self, work: UnitOfWork, row: PacketRow) -> PacketMaterial:
        """Return what the packet is made of. Raises `GoneError` when the case was erased."""
        try:
            return await self._material(work, row)
        except NoKeyError:
            raise GoneError from None

    async def find_for_team(self, work: UnitOfWork, referral_id: UUID, reader: TeamReader) -> PacketRow | None:
        """Return the packet of a referral of a case of this reader's, locked as by `find`."""
        return (await work.execute(_LOAD_FOR[type(reader)], _wanted(referral_id, reader))).first()

    async def material_for_team(self, work: UnitOfWork, row: PacketRow) -> PacketMaterial | None:
        """Return what the packet is made of as far as her team sees it; None when it does not, and after erasure."""
        try:
            material = await self._material(work, row)
        except NoKeyError:
            return None
        referral = material.referral.as_team_sees(work.now())
        return None if referral is None else replace(material, referral=referral)

    async def add_disclosure(self, work: UnitOfWork, disclosure: Disclosure) -> None:
        """Write who sees what."""
        cipher = await self._keys.get(disclosure.case_id)
        value = sealed.disclosure_value(disclosure)
        await work.execute(
            insert(disclosures),
            {
                "disclosure_code": disclosure.disclosure_code,
                "referral_id": disclosure.referral_id,
                "case_id": disclosure.case_id,
                "organization_id": disclosure.organization_id,
                "subject": disclosure.subject,
                "disclosed_at": disclosure.disclosed_at,
                "sealed": sealed.seal(cipher, value, table="disclosures", case_id=disclosure.case_id),
            },
        )

    async def _material(self, work: UnitOfWork, row: PacketRow) -> PacketMaterial:
        cipher = await self._keys.get(row.case_id)
        facts = sealed.unseal(cipher, row.sealed, table="packets", case_id=row.case_id, version=row.facts_version)
        account = sealed.unseal(cipher, row.account, table="intake_revisions", case_id=row.case_id, version=row.version)
        opened = sealed.account_of(account)
        return PacketMaterial(
            referral=sealed.referral_of(row, facts),
            account=opened,
            consents=await consents_of_case(work, row.case_id, cipher),
            milestones=await self._milestones(work, row.referral_id, cipher),
            # Asked for every case: how long a packet takes to open does not tell who was forced to offend (SAFETY N9).
            lawyer_heard=await self._lawyer_heard(work, row.case_id, cipher),
        )

    async def _milestones(self, work: UnitOfWork, referral_id: UUID, cipher: CaseCipher) -> Sequence[Milestone]:
        rows = await work.execute(_MILESTONES, {"referral_id": referral_id})
        return [
            Milestone(
                milestone_id=row.milestone_id,
                referral_id=row.referral_id,
                case_id=row.case_id,
                on=row.happened_at,
                **sealed.unseal(cipher, row.sealed, table="milestones", case_id=row.case_id),
            )
            for row in rows
        ]

    async def _lawyer_heard(self, work: UnitOfWork, case_id: UUID, cipher: CaseCipher) -> bool:
        rows = await work.execute(_ACCEPTED, {"case_id": case_id})
        referrals = [
            sealed.referral_of(
                row, sealed.unseal(cipher, row.sealed, table="packets", case_id=case_id, version=row.facts_version)
            )
            for row in rows
        ]
        return any(referral.service_type == LAWYER and helps(referral.status) for referral in referrals)


def _wanted(referral_id: UUID, reader: TeamReader) -> dict[str, Any]:
    person = (
        {"organization_id": reader.organization_id, "subject": reader.subject} if isinstance(reader, Member) else {}
    )
    return {"referral_id": referral_id, **person}
