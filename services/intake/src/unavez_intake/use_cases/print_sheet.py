"""Print the sheet of a referral for who of her team carries it to the receiver, or reads from it on the telephone.

No machine tells a service that takes paper or calls only (SAFETY N13).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from unavez_intake.domain.packet import packet_of
from unavez_intake.domain.referrals import is_ended
from unavez_intake.use_cases.disclose import OpenedPacket, disclose
from unavez_intake.use_cases.open_packet import Waiter
from unavez_intake.use_cases.ports import PacketStore
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError, NotYoursError
from unavez_shared.persistence.database import Database
from unavez_shared.protocol.packet import Part


@dataclass(frozen=True, slots=True)
class PrintSheet:
    """Who of her team prints which sheet.

    Called once the referral is known to be of their case: `permit` raises `WrongRoleError`; then, when it is open,
    `choose_part` raises `InvalidInputError`.
    """

    actor: Actor
    referral_id: UUID
    permit: Callable[[], None]
    choose_part: Callable[[], Part]


async def print_sheet(command: PrintSheet, *, database: Database, store: PacketStore, wait: Waiter) -> OpenedPacket:
    """Return the packet as its receiver may know it now and write, in one transaction, that it was told to it on paper.

    Raises `NotYoursError` after the same wait whether the referral exists or not, and after erasure; `ConflictError`
    when the referral ended: nobody is to be told any more.
    """
    actor, referral_id = command.actor, command.referral_id

    async def arrived() -> bool | None:
        return await store.exists_for_member(referral_id, actor.organization_id, actor.subject) or None

    if not await wait(arrived):
        raise NotYoursError
    command.permit()
    async with database.transaction() as work:
        material = await store.load_for_member(work, referral_id, actor.organization_id, actor.subject)
        if material is None:
            raise NotYoursError
        if is_ended(material.referral.status):
            raise ConflictError(Conflict.REFERRAL_ENDED)
        now = database.clock.now()
        packet = packet_of(material, command.choose_part(), now)
        return await disclose(packet, "sheet_printed", actor=actor, at=now, work=work, store=store)
