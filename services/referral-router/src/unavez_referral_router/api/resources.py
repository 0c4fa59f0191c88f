"""What the routes of this service need, made once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from unavez_referral_router.adapters.stores import Stores
from unavez_shared.persistence.database import Database
from unavez_shared.web.waiting import Arrivals


@dataclass(frozen=True, slots=True)
class Resources:
    """Database, stores, and what an answer shows besides."""

    database: Database
    stores: Stores
    arrivals: Arrivals
    """Plans that are waited for, by case."""
    public_url: str
    demo: bool


def resources(request: Request) -> Resources:
    """Return the resources of the app this request came to."""
    held: Resources = request.app.state.resources
    return held
