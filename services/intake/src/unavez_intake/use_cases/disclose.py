"""Write who sees which packet, in the transaction that opens it: no disclosure row, no packet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from unavez_intake.domain.packet import Packet
from unavez_intake.domain.records import Disclosure
from unavez_intake.use_cases.ports import PacketStore
from unavez_shared.contracts.actor import Actor
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.ids import spoken_code

_CODE_GROUPS = 3
"""59 bits: the code stands on paper and is never drawn twice."""


@dataclass(frozen=True, slots=True, repr=False)
class OpenedPacket:
    """A packet and the proof that it was opened."""

    packet: Packet
    disclosure_code: str
    disclosed_at: datetime


async def disclose(
    packet: Packet, action: str, *, actor: Actor, at: datetime, work: UnitOfWork, store: PacketStore
) -> OpenedPacket:
    """Record that `actor` read or printed what the organization of this referral may know, and give the packet out.

    The recipient is always that organization, whoever of its own or of her team held the packet in hand; `action`
    (the audit's static name) says which of the two it was.
    """
    disclosure = Disclosure(
        disclosure_code=spoken_code(_CODE_GROUPS),
        referral_id=packet.referral.referral_id,
        case_id=packet.referral.case_id,
        organization_id=packet.referral.organization_id,
        subject=actor.subject,
        disclosed_at=at,
        stage=packet.stage.value,
        part=packet.part,
        categories=packet.readable,
        pointers=tuple(packet.fields),
    )
    await store.add_disclosure(work, disclosure)
    work.record(
        action,
        actor=actor,
        case_id=disclosure.case_id,
        subject_id=disclosure.referral_id,
        disclosure_code=disclosure.disclosure_code,
        stage=disclosure.stage,
        part=disclosure.part,
    )
    return OpenedPacket(packet, disclosure.disclosure_code, at)
