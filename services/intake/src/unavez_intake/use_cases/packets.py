"""Packets go out: to the organization it was offered to, or on paper by her team. No disclosure row, no packet.

No machine tells a service that takes paper or calls only (SAFETY N13): who of her team carries the sheet to it, or
reads from it on the telephone, prints it. A case a third party reported has no team: the coordinators of the duty
organization make its calls, and print its sheets (SAFETY N10).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from unavez_intake.adapters.packets import PacketRow
from unavez_intake.adapters.stores import Stores
from unavez_intake.domain.packet import Packet, packet_of
from unavez_intake.domain.records import Disclosure, Member, OnDuty, TeamReader
from unavez_intake.domain.referrals import is_ended
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError, NotYoursError
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.ids import spoken_code
from unavez_shared.protocol.packet import Part

_CODE_GROUPS = 3
"""59 bits: the code stands on paper and is never drawn twice."""


@dataclass(frozen=True, slots=True, repr=False)
class OpenPacket:
    """Who opens which packet: `row` as it was found in the transaction."""

    actor: Actor
    row: PacketRow
    part: Part


@dataclass(frozen=True, slots=True, repr=False)
class OpenedPacket:
    """A packet and the proof that it was opened."""

    packet: Packet
    disclosure_code: str
    disclosed_at: datetime


async def find_packet(referral_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores) -> PacketRow | None:
    """Return the packet the actor's organization was offered."""
    return await stores.packets.find(work, referral_id, actor.organization_id)


async def open_packet(command: OpenPacket, work: UnitOfWork, stores: Stores) -> OpenedPacket:
    """Return the packet, and write who saw what.

    Raises `GoneError` to an organization that held it and no longer does, and after erasure.
    """
    material = await stores.packets.material(work, command.row)
    packet = packet_of(material, command.part, work.now())
    return await _disclose(packet, "packet_disclosed", command.actor, work, stores)


async def find_sheet(referral_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores) -> PacketRow | None:
    """Return the packet of a referral of a case of this actor's."""
    reader = _reader(actor, stores)
    return None if reader is None else await stores.packets.find_for_team(work, referral_id, reader)


async def print_sheet(command: OpenPacket, work: UnitOfWork, stores: Stores) -> OpenedPacket:
    """Return the packet as its receiver may know it now, and write that it went to it on paper.

    Raises `NotYoursError` when her team does not see it, and after erasure; `ConflictError` when the referral ended:
    nobody is to be told any more.
    """
    material = await stores.packets.material_for_team(work, command.row)
    if material is None:
        raise NotYoursError
    if is_ended(material.referral.status):
        raise ConflictError(Conflict.REFERRAL_ENDED)
    packet = packet_of(material, command.part, work.now())
    return await _disclose(packet, "sheet_printed", command.actor, work, stores)


def _reader(actor: Actor, stores: Stores) -> TeamReader | None:
    if actor.role is not Role.COORDINATOR:
        return Member(actor.organization_id, actor.subject)
    return OnDuty() if actor.organization_id == stores.duty_organization else None


async def _disclose(packet: Packet, action: str, actor: Actor, work: UnitOfWork, stores: Stores) -> OpenedPacket:
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
        disclosed_at=work.now(),
        stage=packet.stage.value,
        part=packet.part,
        categories=packet.readable,
        pointers=tuple(packet.fields),
    )
    await stores.packets.add_disclosure(work, disclosure)
    work.record(
        action,
        actor=actor,
        case_id=disclosure.case_id,
        subject_id=disclosure.referral_id,
        disclosure_code=disclosure.disclosure_code,
        stage=disclosure.stage,
        part=disclosure.part,
    )
    return OpenedPacket(packet, disclosure.disclosure_code, disclosure.disclosed_at)
