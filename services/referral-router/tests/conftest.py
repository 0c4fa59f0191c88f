"""The fictional demo directory and the synthetic vignettes, as the router's domain sees them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from unavez_directory.demo import demo_bundle
from unavez_referral_router.adapters.projection import receivers_of, service_of
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.plan.inputs import Inputs
from unavez_referral_router.domain.plan.plan import Plan
from unavez_referral_router.domain.plan.planner import Planner
from unavez_referral_router.domain.referrals.case import Case
from unavez_referral_router.domain.referrals.decisions.confirmation import first_record
from unavez_referral_router.domain.referrals.decisions.opening import open_plan
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_shared.contracts.event_data import ServiceState
from unavez_shared.protocol import load_pack, normalise

NOW = datetime(2026, 11, 20, 20, 4, tzinfo=UTC)
VIGNETTES = Path(__file__).parents[3] / "tests" / "data" / "vignettes.json"
AGREED = Inputs(at=NOW, agreed_to_all=True, unseen_counts=True, duty_notice=True)

PlanOf = Callable[..., Plan]
OpenOf = Callable[..., Dossier]


@pytest.fixture(scope="session")
def demo_states() -> list[ServiceState]:
    """Every service of the demo directory as its event says it."""
    bundle = demo_bundle()
    places = {location["id"]: location["ubigeo"] for location in bundle["locations"]}
    organizations = {organization["id"]: organization for organization in bundle["organizations"]}
    return [_state(service, places, organizations) for service in bundle["services"]]


@pytest.fixture(scope="session")
def directory(demo_states: list[ServiceState]) -> Directory:
    services = (service_of(state, state.available) for state in demo_states)
    return Directory((service for service in services if service is not None), receivers_of(demo_states))


@pytest.fixture(scope="session")
def vignettes() -> dict[str, dict[str, Any]]:
    return {vignette["id"]: vignette for vignette in json.loads(VIGNETTES.read_text("utf-8"))["vignettes"]}


@pytest.fixture(scope="session")
def planner() -> Planner:
    return Planner(load_pack("pe"), b"k" * 32)


@pytest.fixture
def plan_of(planner: Planner, directory: Directory) -> PlanOf:
    """Plan from facts and places; everything agreed and told unless said otherwise."""

    def plan(
        facts: Mapping[str, Any],
        places: Mapping[str, Any],
        inputs: Inputs = AGREED,
        within: Directory = directory,
        **changed: Any,
    ) -> Plan:
        return planner.plan(normalise(facts, places), replace(inputs, **changed), within, with_routes=True)

    return plan


@pytest.fixture
def open_of(plan_of: PlanOf, directory: Directory) -> OpenOf:
    """Open a case: drafts, offers, tasks, unmet needs; confirmed by CW-12 unless said otherwise.

    `held_from`: who registered it, beyond the usual number of new cases.
    """

    def opened(
        facts: Mapping[str, Any],
        places: Mapping[str, Any],
        *,
        confirmed_by: str | None = "CW-12",
        held_from: str | None = None,
        within: Directory = directory,
        **changed: Any,
    ) -> Dossier:
        plan = plan_of(facts, places, within=within, **changed)
        dossier = Dossier(
            case=Case(uuid4(), uuid4(), ("CW-12",), None, NOW, demo=True, author=held_from),
            record=first_record(uuid4(), plan, confirmed_by, waits_since=None if held_from is None else NOW),
            plan=plan,
            directory=within,
            now=NOW,
        )
        open_plan(dossier)
        return dossier

    return opened


def _state(service: dict[str, Any], places: dict[str, str], organizations: dict[str, Any]) -> ServiceState:
    capacity = service.get("capacity") or {}
    front_door = organizations[service.get("front_door_organization_id") or service["organization_id"]]
    return ServiceState(
        service_id=service["id"],
        organization_id=service["organization_id"],
        front_door_organization_id=UUID(front_door["id"]),
        organization_name=organizations[service["organization_id"]]["name"],
        front_door_name=front_door["name"],
        front_door_phone=front_door.get("phone"),
        front_door_email=front_door.get("email"),
        service_type=service["service_type"],
        name=service["name"],
        active=True,
        tier=service["tier"],
        delivery=service["delivery"],
        location_district=places.get(service.get("location_id") or ""),
        served_areas=service["served_areas"],
        remote=service.get("remote", False),
        languages=service.get("languages", []),
        accommodates=service.get("accommodates", []),
        minimum_age=service.get("minimum_age"),
        maximum_age=service.get("maximum_age"),
        co_located_with=service.get("co_located_with", []),
        phone=service.get("phone"),
        phone_verified_on=service.get("phone_verified_on"),
        available=capacity.get("available"),
        capacity_reported_at=NOW if capacity else None,
        entered_at=NOW,
        demo=True,
    )
