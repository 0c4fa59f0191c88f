"""Open a packet for the organization it was offered to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from unavez_intake.domain.packet import packet_of
from unavez_intake.use_cases.disclose import OpenedPacket, disclose
from unavez_intake.use_cases.ports import PacketStore
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.errors import NotYoursError
from unavez_shared.persistence.database import Database
from unavez_shared.protocol.packet import Part


@dataclass(frozen=True, slots=True)
class OpenPacket:
    """Who asks for which packet.

    `choose_part` is called once the packet is known to be theirs: it raises `WrongRoleError` or `InvalidInputError`.
    """

    actor: Actor
    referral_id: UUID
    choose_part: Callable[[], Part]


class Waiter(Protocol):
    """Waits for this service's own inbox: what an event announces can be read when the event arrives."""

    async def __call__(self, check: Callable[[], Awaitable[bool | None]]) -> bool | None:
        """Return what `check` gives, or None when it gave nothing for three seconds.

        Raises `RateLimitedError` instead of one more wait of a caller who waits too often at once.
        """
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
        return await disclose(packet, "packet_disclosed", actor=actor, at=now, work=work, store=store)
