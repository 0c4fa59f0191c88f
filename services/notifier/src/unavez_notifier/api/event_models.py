"""What the `data` of an event that leaves is made of; `event_schemas` says which event has which.

Described here, composed in `domain/agency_events` and `domain/team_events`: a test compares the two. A receiver must
ignore keys it does not know.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

_ONE, _TWO, _THREE = (f"5b0c6b1e-2d4f-4a86-9c53-7e1f0a9d3c1{number}" for number in (1, 2, 3))


class EventModel(BaseModel):
    """Base of the data of every event that leaves."""

    @classmethod
    def described(cls) -> dict[str, Any]:
        """Return the JSON Schema of the object, without titles that only repeat names."""
        plain = cls.model_json_schema()
        properties = {name: _plain(part) for name, part in plain["properties"].items()}
        return {"type": "object", "required": plain["required"], "properties": properties}

    @classmethod
    def example(cls) -> dict[str, Any]:
        """Return data as an event may carry it: the example of each field."""
        return {name: (info.examples or [None])[0] for name, info in cls.model_fields.items()}


def _plain(part: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in part.items() if key not in {"title", "anyOf"}}
    filled = next((choice for choice in part.get("anyOf", ()) if choice != {"type": "null"}), None)
    return kept if filled is None else {**kept, **filled, "type": [filled["type"], "null"]}


Demo = Annotated[bool, Field(description="Fictional data of a demo installation", examples=[True])]
CaseId = Annotated[UUID, Field(description="The case: in events to its own team alone", examples=[_TWO])]


class AgencyReferral(EventModel):
    """About a referral offered to this organization: nothing about the person, the case or other organizations."""

    referral_id: Annotated[UUID, Field(description="The referral; also the event's `subject`", examples=[_ONE])]
    service_type: Annotated[
        str, Field(description="What is asked for: a code of the protocol's service types", examples=["HLT-CSMC"])
    ]
    service_id: Annotated[
        UUID | None,
        Field(description="Which of the receiver's own services is asked; null for a front door", examples=[_THREE]),
    ]
    urgency: Annotated[
        Literal["stat", "asap", "urgent", "routine"],
        Field(
            description="stat: vital. asap: due within 12 h. urgent: within 24 h. routine: later", examples=["urgent"]
        ),
    ]
    respond_by: Annotated[
        datetime,
        Field(description="When the answer is due, rounded up to five minutes", examples=["2026-11-21T02:05:00+00:00"]),
    ]
    district: Annotated[
        str | None,
        Field(
            description="Department of the receiving service (2 digits of INEI UBIGEO); null where it must not be said",
            examples=["08"],
            pattern=r"^[0-9]{2}$",
        ),
    ]
    packet_url: Annotated[
        str,
        Field(
            description="Where the packet is read, with the receiver's own token",
            examples=[f"https://unavez.example/intake/v1/packets/{_ONE}"],
            json_schema_extra={"format": "uri"},
        ),
    ]
    demo: Demo


class Channel(EventModel):
    """About a subscription."""

    subscription_id: Annotated[UUID, Field(description="The subscription; also the event's `subject`", examples=[_ONE])]
    demo: Demo


class TeamReferral(EventModel):
    """A step of a referral, for the case's own team."""

    referral_id: Annotated[UUID, Field(description="The referral; also the event's `subject`", examples=[_ONE])]
    case_id: CaseId
    status: Annotated[str, Field(description="The referral's state", examples=["accepted"])]
    demo: Demo


class TeamPlan(EventModel):
    """A plan, for the case's own team."""

    plan_id: Annotated[UUID, Field(description="The plan; also the event's `subject`", examples=[_ONE])]
    case_id: CaseId
    status: Annotated[
        Literal["proposed", "confirmed", "superseded"], Field(description="The plan's state", examples=["proposed"])
    ]
    demo: Demo


class TeamUnmet(EventModel):
    """A need nobody meets, for the case's own team: which one stands in the plan."""

    unmet_id: Annotated[UUID, Field(description="The unmet need; also the event's `subject`", examples=[_ONE])]
    case_id: CaseId
    plan_id: Annotated[UUID, Field(description="The plan it stands in", examples=[_THREE])]
    status: Annotated[Literal["unmet"], Field(description="Always the same", examples=["unmet"])]
    demo: Demo


class TeamTask(EventModel):
    """Work for a person of the case's own team."""

    task_id: Annotated[UUID, Field(description="The task; also the event's `subject`", examples=[_ONE])]
    case_id: CaseId
    referral_id: Annotated[UUID | None, Field(description="The referral it is about, if any", examples=[_THREE])]
    status: Annotated[Literal["open", "done"], Field(description="The task's state", examples=["open"])]
    demo: Demo
