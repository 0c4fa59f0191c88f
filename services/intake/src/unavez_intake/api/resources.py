"""What the routes of this service need, made once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from fastapi import Request

from unavez_intake.use_cases.open_packet import Waiter
from unavez_intake.use_cases.ports import CaseKeySource, Digests, IntakeStore, NewCaseCount, PacketStore
from unavez_shared.persistence.database import Database
from unavez_shared.web.auth import caller_token
from unavez_shared.web.waiting import Arrivals


@dataclass(frozen=True, slots=True)
class Resources:
    """Database, stores, keys and the few settings an answer shows."""

    database: Database
    intakes: IntakeStore
    packets: PacketStore
    keys: CaseKeySource
    digests: Digests
    new_cases: NewCaseCount
    arrivals: Arrivals
    """Packets that are waited for, by referral."""
    duty_organization: UUID | None
    public_url: str
    demo: bool


INBOX_WAIT_SECONDS = 3
"""How long a packet that may still be on its way is waited for (CONTRACT "Packets")."""


def wait_of(request: Request, referral_id: UUID) -> Waiter:
    """Return how this caller waits for a packet."""
    return partial(
        resources(request).arrivals.wait_for,
        referral_id,
        token=caller_token(request.scope),
        seconds=INBOX_WAIT_SECONDS,
    )


def resources(request: Request) -> Resources:
    """Return the resources of the app this request came to."""
    held: Resources = request.app.state.resources
    return held
