"""Every event that leaves points to a schema, and its data is exactly what the schema describes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from unavez_notifier.api.event_schemas import SCHEMAS, TO_AGENCIES, TO_TEAMS, schema_of
from unavez_notifier.domain import agency_events, team_events
from unavez_notifier.domain.audiences import Audience, Feed
from unavez_shared.contracts.event_data import PlanState, ReferralState, TaskState, UnmetState

NOW = datetime(2026, 11, 20, 20, 4, 13, tzinfo=UTC)
URL = "https://unavez.example"
CASE = {"case_id": uuid4(), "organization_id": uuid4(), "demo": True}


class OnePerson:
    """Pseudonyms nobody asks for."""

    def of(self, _organization_id: UUID, subject: str) -> str:
        return subject


def referral(**changed: Any) -> ReferralState:
    values: dict[str, Any] = {
        "referral_id": uuid4(),
        "referral_code": "K7M3-9QXD",
        "team_organization_id": uuid4(),
        "service_type": "HLT-CSMC",
        "service_id": uuid4(),
        "purpose": "x",
        "status": "accepted",
        "version": 1,
        "urgency": "asap",
        "district": "08",
        "due_at": NOW + timedelta(hours=9),
        "respond_by": NOW + timedelta(hours=3),
        "offered_at": NOW,
        "grants": [],
        "organization_entered_at": NOW,
        **CASE,
        **changed,
    }
    return ReferralState(**values)


def composed() -> list[Any]:
    """Return every event that can leave, of a door that is none and of one that is."""
    agency = Feed(uuid4(), Audience.AGENCY)
    told = {"at": NOW, "pseudonyms": OnePerson()}
    plan, task = {"plan_id": uuid4(), **CASE}, {"task_id": uuid4(), "code": "CALL_NOW", **CASE}
    unmet = {"unmet_id": uuid4(), "service_type": "PRO-SAU", "code": "PRO-SAU", "reason": "full", **plan}
    door = referral(service_id=None, district=None)
    events = [
        agency_events.referral_event(kind, state, at=NOW, public_url=URL)
        for kind in sorted(agency_events.TOLD_TO_AGENCY)
        for state in (referral(), door)
    ]
    events += [
        agency_events.channel_event(kind, agency, uuid4(), at=NOW, demo=True)
        for kind in (*agency_events.NOTICES, agency_events.ENDPOINT_TEST)
    ]
    for kind in sorted(team_events.TOLD_TO_TEAM):
        events += team_events.referral_events(kind, referral(), **told)
    events += team_events.plan_events(PlanState(status="confirmed", protocol_version="x", **plan), **told)
    events += team_events.unmet_events(UnmetState(**unmet), **told)
    for status in ("open", "done"):
        events += team_events.task_events(TaskState(status=status, referral_id=None, **task), **told)
    return events


def test_the_data_of_every_event_is_what_the_schema_it_points_to_describes() -> None:
    seen = set()
    for event in composed():
        body = json.loads(event.serialise(1, URL))
        name = body["dataschema"].removeprefix(f"{URL}/notifier/v1/schemas/").removesuffix(".json")
        schema = json.loads(schema_of(name))
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(body["data"])
        assert list(body["data"]) == list(schema["properties"])
        assert SCHEMAS[name].kind == body["type"]
        assert (name in TO_AGENCIES) is (event.feed.audience is Audience.AGENCY)
        seen.add(name)
    assert seen == SCHEMAS.keys() == TO_AGENCIES.keys() | TO_TEAMS.keys()


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_one_whose_own_example_fits_and_that_leaves_room_for_later_keys(name: str) -> None:
    schema = json.loads(schema_of(name))
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:unavez:schema:{name}"
    (example,) = schema["examples"]
    Draft202012Validator(schema, format_checker=FormatChecker()).validate({**example, "later": 1})
    assert all(part["description"] and part["examples"] for part in schema["properties"].values())


def test_no_schema_of_an_agencys_event_names_the_case() -> None:
    for name in TO_AGENCIES:
        assert "case_id" not in schema_of(name).decode()
