"""What the routes of this service need, made once by the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from unavez_referral_router.use_cases.planner import Planner
from unavez_referral_router.use_cases.ports import Desk
from unavez_shared.web.waiting import Arrivals


@dataclass(frozen=True, slots=True)
class Resources:
    """The planner, the desk, and what an answer shows besides."""

    planner: Planner
    desk: Desk
    arrivals: Arrivals
    """Plans that are waited for, by case."""
    public_url: str
    demo: bool


def resources(request: Request) -> Resources:
    """Return the resources of the app this request came to."""
    held: Resources = request.app.state.resources
    return held
