"""What would leave if the intake were posted with these and `confirmed_by`. Stores nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.domain.plan.inputs import Inputs
from unavez_referral_router.domain.plan.plan import Plan
from unavez_shared.protocol import normalise


@dataclass(frozen=True, slots=True)
class PreviewPlan:
    """Facts and places as they came, and what she agreed to or refuses."""

    facts: Mapping[str, Any]
    places: Mapping[str, Any] | None
    inputs: Inputs


async def preview_plan(command: PreviewPlan, stores: Stores) -> Plan:
    """Return the plan; no transaction, for nothing is kept.

    Raises `InvalidInputError` with pointers below /facts and /places.
    """
    facts = normalise(command.facts, command.places, captured_at=command.inputs.at)
    return stores.planner.plan(facts, command.inputs, await stores.projection.current(), with_routes=False)
