"""What would leave if the intake were posted with these and `confirmed_by`. Stores nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unavez_referral_router.domain.plan.inputs import Inputs
from unavez_referral_router.domain.plan.plan import Plan
from unavez_referral_router.use_cases.planner import Planner
from unavez_referral_router.use_cases.ports import Projection
from unavez_shared.protocol import normalise


@dataclass(frozen=True, slots=True)
class PreviewPlan:
    """Facts and places as they came, and what she agreed to or refuses."""

    facts: Mapping[str, Any]
    places: Mapping[str, Any] | None
    inputs: Inputs


async def preview_plan(command: PreviewPlan, planner: Planner, projection: Projection) -> Plan:
    """Return the plan. Raises `InvalidInputError` with pointers below /facts and /places."""
    facts = normalise(command.facts, command.places, captured_at=command.inputs.at)
    return planner.plan(facts, command.inputs, await projection.current(), with_routes=False)
