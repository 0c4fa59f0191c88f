"""What the routes of this service need, made once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from unavez_intake.use_cases.open_packet import Waiter
from unavez_intake.use_cases.ports import CaseKeySource, Digests, IntakeStore, PacketStore
from unavez_shared.persistence.database import Database


@dataclass(frozen=True, slots=True)
class Resources:
    """Database, stores, keys and the few settings an answer shows."""

    database: Database
    intakes: IntakeStore
    packets: PacketStore
    keys: CaseKeySource
    digests: Digests
    wait_for_inbox: Waiter
    duty_organization: UUID | None
    public_url: str
    demo: bool


def resources(request: Request) -> Resources:
    """Return the resources of the app this request came to."""
    held: Resources = request.app.state.resources
    return held
