"""Print the sheet of a referral for who of her team carries it to the receiver, or reads from it on the telephone.

No machine tells a service that takes paper or calls only (SAFETY N13). A case a third party reported has no team: the
coordinators of the duty organization make its calls, and print its sheets (SAFETY N10).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from unavez_intake.domain.packet import packet_of
from unavez_intake.domain.referrals import is_ended
from unavez_intake.use_cases.disclose import OpenedPacket, disclose
from unavez_intake.use_cases.open_packet import Waiter
from unavez_intake.use_cases.ports import Member, OnDuty, PacketStore, TeamReader
from unavez_shared.contracts.actor import Actor, Role
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
    duty_organization: UUID | None
    permit: Callable[[], None]
    choose_part: Callable[[], Part]


async def print_sheet(command: PrintSheet, *, database: Database, store: PacketStore, wait: Waiter) -> OpenedPacket:
    """Return the packet as its receiver may know it now and write, in one transaction, that it was told to it on paper.

    Raises `NotYoursError` after the same wait whether the referral exists or not, and after erasure; `ConflictError`
    when the referral ended: nobody is to be told any more.
    """
    referral_id, reader = command.referral_id, _reader(command)

    async def arrived() -> bool | None:
        return (reader is not None and await store.exists_for_team(referral_id, reader)) or None

    if not await wait(arrived) or reader is None:
        raise NotYoursError
    command.permit()
    async with database.transaction() as work:
        material = await store.load_for_team(work, referral_id, reader)
        if material is None:
            raise NotYoursError
        if is_ended(material.referral.status):
            raise ConflictError(Conflict.REFERRAL_ENDED)
        now = database.clock.now()
        packet = packet_of(material, command.choose_part(), now)
        return await disclose(packet, "sheet_printed", actor=command.actor, at=now, work=work, store=store)


def _reader(command: PrintSheet) -> TeamReader | None:
    actor = command.actor
    if actor.role is not Role.COORDINATOR:
        return Member(actor.organization_id, actor.subject)
    return OnDuty() if actor.organization_id == command.duty_organization else None
