"""Open a packet for the organization it was offered to: no disclosure row, no packet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from unavez_intake.domain.packet import Packet, packet_of
from unavez_intake.domain.records import Disclosure
from unavez_intake.use_cases.ports import PacketStore
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.errors import NotYoursError
from unavez_shared.persistence.database import Database
from unavez_shared.privacy.ids import spoken_code
from unavez_shared.protocol.packet import Part

_CODE_GROUPS = 3
"""59 bits: the code stands on paper and is never drawn twice."""


@dataclass(frozen=True, slots=True)
class OpenPacket:
    """Who asks for which packet.

    `choose_part` is called once the packet is known to be theirs: it raises `WrongRoleError` or `InvalidInputError`.
    """

    actor: Actor
    referral_id: UUID
    choose_part: Callable[[], Part]


@dataclass(frozen=True, slots=True, repr=False)
class OpenedPacket:
    """A packet and the proof that it was opened."""

    packet: Packet
    disclosure_code: str
    disclosed_at: datetime


class Waiter(Protocol):
    """Waits for this service's own inbox: what an event announces can be read when the event arrives."""

    async def __call__(self, check: Callable[[], Awaitable[bool | None]]) -> bool | None:
        """Return what `check` gives, or None when it gave nothing for three seconds."""
        ...


async def open_packet(command: OpenPacket, *, database: Database, store: PacketStore, wait: Waiter) -> OpenedPacket:
    """Return the packet and write, in one transaction, who saw what.

    Raises `NotYoursError` after the same wait whether the referral exists or not; `GoneError` to an organization that
    held it and no longer does.
    """
    actor, referral_id = command.actor, command.referral_id

    async def arrived() -> bool | None:
        return await store.exists(referral_id, actor.organization_id) or None

    if not await wait(arrived):
        raise NotYoursError
    part = command.choose_part()
    async with database.transaction() as work:
        material = await store.load(work, referral_id, actor.organization_id)
        if material is None:
            raise NotYoursError
        now = database.clock.now()
        packet = packet_of(material, part, now)
        disclosure = _disclosure(actor, packet, now)
        await store.add_disclosure(work, disclosure)
        work.record(
            "packet_disclosed",
            actor=actor,
            case_id=packet.referral.case_id,
            subject_id=referral_id,
            disclosure_code=disclosure.disclosure_code,
            stage=packet.stage.value,
            part=packet.part,
        )
    return OpenedPacket(packet, disclosure.disclosure_code, now)


def _disclosure(actor: Actor, packet: Packet, now: datetime) -> Disclosure:
    return Disclosure(
        disclosure_code=spoken_code(_CODE_GROUPS),
        referral_id=packet.referral.referral_id,
        case_id=packet.referral.case_id,
        organization_id=actor.organization_id,
        subject=actor.subject,
        disclosed_at=now,
        stage=packet.stage.value,
        part=packet.part,
        categories=packet.categories,
        pointers=tuple(packet.fields),
    )
