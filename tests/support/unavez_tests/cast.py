"""One synthetic case in a running product, and the people who come near it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from unavez_directory.operations import demo_bundle
from unavez_local.demo_world import FRONTLINE_ORGANIZATION
from unavez_shared.contracts.actor import Role
from unavez_shared.testing.ports import free_port
from unavez_tests.world import World, frontline_body

VIGNETTES = json.loads((Path(__file__).parents[2] / "data" / "vignettes.json").read_text(encoding="utf-8"))["vignettes"]
WORKER = "worker-1"
_LINKING = ("case_id", "intake_id", "case_code", "receipt")


@dataclass(frozen=True)
class Position:
    """Where somebody stands towards the case: whose organization, which person."""

    organization_id: UUID
    subject: str


@dataclass
class Cast:
    """One synthetic case, and everybody who could try to read it. Each position is tried in each role."""

    world: World
    positions: dict[str, Position]
    """worker: interviewed her. colleague: the same organization, another person. holder: an agency that was offered
    one referral. rival: an agency that holds another referral of the same case. outsider: a team with its own case."""
    ids: dict[str, str]
    """Path parameter → the id that belongs to the case (or to its holder)."""
    case: dict[str, Any]
    plan: dict[str, Any]
    hidden: dict[str, str]
    """Path parameter of the public directory → the id of something that is not public."""
    _tokens: dict[tuple[str, Role], dict[str, str]] = field(default_factory=dict)

    @property
    def linking(self) -> tuple[str, ...]:
        """What no agency may ever receive: it would tell two of them that they help the same person (SAFETY N7)."""
        return (*(str(self.case[name]) for name in _LINKING if name in self.case), self.plan["plan_id"])

    def headers(self, position: str, role: Role) -> dict[str, str]:
        key = (position, role)
        if key not in self._tokens:
            who = self.positions[position]
            self._tokens[key] = self.world.headers(role, who.organization_id, who.subject)
        return self._tokens[key]

    def subscribe(self) -> str:
        """Give the holder one more webhook, which never answers; return its id."""
        answer = self.world.post(
            "/notifier/v1/subscriptions",
            self.headers("holder", Role.AGENCY),
            {"channel": "webhook", "endpoint": f"http://127.0.0.1:{free_port()}/hook"},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["subscription_id"])


def play(world: World, vignette: dict[str, Any] = VIGNETTES[1], *, which: int = 0) -> Cast:
    """Make a case of a vignette; the holder is the agency of one of its offers, the first if nothing else is said."""
    team, outsiders = uuid4(), uuid4()
    case, plan = _register(world, team, WORKER, vignette)
    _register(world, outsiders, "worker-2", vignette)
    offered = [
        row
        for row in plan["referrals"]
        if row["referral_status"] == "requested" and row["candidates"][0]["service_id"] is not None
    ]
    own = offered[which % len(offered)]
    organization_id = own["candidates"][0]["organization_id"]
    rival = next(row for row in offered if row["candidates"][0]["organization_id"] != organization_id)
    cast = Cast(
        world=world,
        positions={
            "worker": Position(team, WORKER),
            "colleague": Position(team, "worker-9"),
            "holder": Position(UUID(organization_id), "agent-1"),
            "rival": Position(UUID(rival["candidates"][0]["organization_id"]), "agent-2"),
            "outsider": Position(outsiders, "worker-2"),
        },
        ids={
            "intake_id": case["intake_id"],
            "case_id": case["case_id"],
            "plan_id": plan["plan_id"],
            "referral_id": own["referral_id"],
            "service_id": own["candidates"][0]["service_id"],
        },
        case=case,
        plan=plan,
        hidden=_hidden(),
    )
    tasks = world.get("/router/v1/tasks", cast.headers("worker", Role.FRONTLINE)).json()["tasks"]
    cast.ids["task_id"] = next(task["task_id"] for task in tasks if task["case_id"] == case["case_id"])
    cast.ids["subscription_id"] = cast.subscribe()
    cast.ids |= _public_ids(world)
    cast.ids["schema"] = "pe.unavez.referral.offered.v1.json"
    return cast


THIRD_PARTY = {
    "facts": {
        "age": 25,
        "incident": ["GBV_PARTNER"],
        "danger": "imminent",
        "police_collusion": False,
        "third_party": True,
    },
    "places": {"current": "170101"},
}
"""Synthetic: somebody reports about a woman who is not there. The line of the police is called at once."""


def report(world: World) -> Cast:
    """Make a case of a third party's report; the holder is the agency of its first offer."""
    authors = uuid4()
    duty = world.headers(Role.COORDINATOR, FRONTLINE_ORGANIZATION, "coordinator-1")
    before = world.get("/notifier/v1/events?limit=500", duty).json()["next"]
    body = intake_body(VIGNETTES[1]) | THIRD_PARTY
    answer = world.post("/intake/v1/intakes", world.headers(Role.FRONTLINE, authors, "author-1"), body)
    assert answer.status_code == 201, answer.text
    news = world.get(f"/notifier/v1/events?after={before}&wait=15", duty).json()["events"]
    case_id = news[0]["data"]["case_id"]
    plan = world.get(f"/router/v1/cases/{case_id}/plan?wait=15", duty).json()
    own = next(row for row in plan["referrals"] if row["referral_status"] == "requested")
    task = next(t for t in world.get("/router/v1/tasks", duty).json()["tasks"] if t["case_id"] == case_id)
    return Cast(
        world=world,
        positions={
            "author": Position(authors, "author-1"),
            "colleague": Position(authors, "worker-9"),
            "duty": Position(FRONTLINE_ORGANIZATION, "coordinator-1"),
            "holder": Position(UUID(own["candidates"][0]["organization_id"]), "agent-1"),
            "outsider": Position(uuid4(), "worker-2"),
        },
        ids={
            "intake_id": answer.json()["intake_id"],
            "case_id": case_id,
            "plan_id": plan["plan_id"],
            "referral_id": own["referral_id"],
            "task_id": task["task_id"],
        },
        case={"case_id": case_id, **{name: answer.json()[name] for name in ("intake_id", "receipt")}},
        plan=plan,
        hidden=_hidden(),
    )


def intake_body(vignette: dict[str, Any]) -> dict[str, Any]:
    """Return a fresh synthetic intake of a vignette, captured a minute ago."""
    captured_at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    return frontline_body(vignette, str(uuid4()), captured_at)


def _register(
    world: World, organization_id: UUID, subject: str, vignette: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    headers = world.headers(Role.FRONTLINE, organization_id, subject)
    answer = world.post("/intake/v1/intakes", headers, intake_body(vignette))
    assert answer.status_code == 201, answer.text
    plan = world.get(f"/router/v1/cases/{answer.json()['case_id']}/plan?wait=15", headers)
    assert plan.status_code == 200, plan.text
    return dict(answer.json()), dict(plan.json())


def _public_ids(world: World) -> dict[str, str]:
    names = {
        "organization_id": "organizations",
        "link_id": "service_at_locations",
        "taxonomy_id": "taxonomies",
        "term_id": "taxonomy_terms",
    }
    return {
        name: str(world.get(f"/directory/{path}?per_page=1").json()["contents"][0]["id"])
        for name, path in names.items()
    }


def _hidden() -> dict[str, str]:
    service = next(entry for entry in demo_bundle()["services"] if entry["tier"] == "hidden")
    return {
        "service_id": str(service["id"]),
        "link_id": str(service["id"]),
        "organization_id": str(service["organization_id"]),
    }
