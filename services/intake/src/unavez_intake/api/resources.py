"""What the routes of this service need, made once by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from fastapi import Request

from unavez_intake.adapters.stores import Stores
from unavez_shared.contracts.errors import NotYoursError
from unavez_shared.persistence.database import Database
from unavez_shared.web.auth import caller_token
from unavez_shared.web.gate import there
from unavez_shared.web.waiting import Arrivals

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Resources:
    """Database, stores, and the few settings an answer shows."""

    database: Database
    stores: Stores
    arrivals: Arrivals
    """Packets that are waited for, by referral."""
    public_url: str
    demo: bool


INBOX_WAIT_SECONDS = 3
"""How long a packet that may still be on its way is waited for (CONTRACT "Packets")."""


async def wait_for(request: Request, referral_id: UUID, entering: Callable[[], Awaitable[T]]) -> T:
    """Enter once there is something to enter: what an event announces can be read when the event arrives.

    Raises `NotYoursError` after the same wait whether the referral exists or not, `RateLimitedError` to a caller who
    waits too often at once.
    """
    arrivals, token = resources(request).arrivals, caller_token(request.scope)
    found = await arrivals.wait_for(referral_id, lambda: there(entering), token=token, seconds=INBOX_WAIT_SECONDS)
    if found is None:
        raise NotYoursError
    return found


def resources(request: Request) -> Resources:
    """Return the resources of the app this request came to."""
    held: Resources = request.app.state.resources
    return held
