"""`/v1/schemas`: what the `data` of each event that leaves looks like, as JSON Schema, for whoever receives it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi import APIRouter
from starlette.responses import Response

from unavez_notifier.api.event_models import (
    AgencyReferral,
    Channel,
    EventModel,
    TeamPlan,
    TeamReferral,
    TeamTask,
    TeamUnmet,
)
from unavez_notifier.domain import agency_events
from unavez_notifier.domain.team_events import OF_TEAM
from unavez_shared.contracts import events
from unavez_shared.contracts.errors import NotYoursError
from unavez_shared.web.auth import public

router = APIRouter(prefix="/v1", tags=["events"], dependencies=[public("a schema says nothing about anybody")])

MEDIA_TYPE = "application/schema+json"
EXAMPLE_SOURCE = "https://unavez.example/notifier"


class Published(NamedTuple):
    """One kind of event that leaves: its type, what it means, the shape of its `data`."""

    kind: str
    summary: str
    model: type[EventModel]


_AGENCY: Mapping[str, str] = {
    events.REFERRAL_OFFERED.type: "A referral is offered to this organization: read the packet, then answer",
    events.REFERRAL_CANCELLED.type: "The case's team, or the router, took the referral back",
    events.REFERRAL_EXPIRED.type: "Nobody answered in time",
    events.REFERRAL_MILESTONE.type: "Another holder of the case reported something: read the packet again",
    events.REFERRAL_ENTERED_IN_ERROR.type: "The referral should never have been made",
}
_CHANNEL: Mapping[str, str] = {
    agency_events.ENDPOINT_TEST: "A test its owner asked for",
    agency_events.ANNOUNCED: "A new subscription was made for this feed",
    agency_events.CHANGED: "A subscription was paused or resumed, or its secret or filters changed",
    agency_events.ENDED: "A subscription is over: the last message to its endpoint",
}
_TEAM_REFERRAL: Mapping[str, str] = {
    events.REFERRAL_ACCEPTED.type: "The organization that was asked takes the referral",
    events.REFERRAL_DECLINED.type: "The organization that was asked said no (the referral's state is `rejected`)",
    events.REFERRAL_STARTED.type: "Work has begun",
    events.REFERRAL_HELD.type: "Work is on hold",
    events.REFERRAL_COMPLETED.type: "Work is done",
    events.REFERRAL_FAILED.type: "The organization that accepted could not help",
    events.REFERRAL_EXPIRED.type: "Nobody answered in time",
    events.REFERRAL_CANCELLED.type: "The referral was taken back",
}

TO_AGENCIES: Mapping[str, Published] = {
    **{kind: Published(kind, summary, AgencyReferral) for kind, summary in _AGENCY.items()},
    **{kind: Published(kind, summary, Channel) for kind, summary in _CHANNEL.items()},
}
"""What an agency receives, by the name of its schema."""
TO_TEAMS: Mapping[str, Published] = {
    **{kind + OF_TEAM: Published(kind, summary, TeamReferral) for kind, summary in _TEAM_REFERRAL.items()},
    events.PLAN_MADE.type + OF_TEAM: Published(
        events.PLAN_MADE.type, "A plan was made, confirmed or superseded", TeamPlan
    ),
    events.NEED_UNMET.type + OF_TEAM: Published(events.NEED_UNMET.type, "Help she needs could not be found", TeamUnmet),
    events.TASK_OPENED.type + OF_TEAM: Published(
        events.TASK_OPENED.type, "A person of the team has something to do", TeamTask
    ),
}
"""What the team of a case receives beside the events about channels, by the name of its schema."""
SCHEMAS: Mapping[str, Published] = {**TO_AGENCIES, **TO_TEAMS}


def schema_of(name: str) -> bytes:
    """Return the document of one schema, the same bytes in every installation. Raises `KeyError`."""
    event = SCHEMAS[name]
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:unavez:schema:{name}",
        "title": name,
        "description": f"`data` of the event `{event.kind}`. {event.summary}.",
        **event.model.described(),
        "examples": [event.model.example()],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def example_of(name: str) -> dict[str, Any]:
    """Return a whole event as it may be sent, by the name of its schema. Raises `KeyError`."""
    event = SCHEMAS[name]
    data = event.model.example()
    return {
        "specversion": "1.0",
        "id": "0f0e4b44-7d10-4c3a-9a53-3f4f7b0a6a55",
        "source": EXAMPLE_SOURCE,
        "type": event.kind,
        "subject": next(iter(data.values())),
        "time": "2026-11-20T20:00:00+00:00",
        "sequence": "000000000007",
        "datacontenttype": "application/json",
        "dataschema": f"{EXAMPLE_SOURCE}/v1/schemas/{name}.json",
        "data": data,
    }


@router.get(
    "/schemas/{schema}",
    summary="The JSON Schema of an event's data: where its `dataschema` points to",
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "object"}}}, "description": "JSON Schema 2020-12"}},
    response_class=Response,
)
async def get_schema(schema: str) -> Response:
    """Answer the schema of `<name>.json`; an unknown name is 404."""
    name = schema.removesuffix(".json")
    if name == schema or name not in SCHEMAS:
        raise NotYoursError
    return Response(schema_of(name), media_type=MEDIA_TYPE)
