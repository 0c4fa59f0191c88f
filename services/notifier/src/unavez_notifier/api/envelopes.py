"""The CloudEvents that leave: the envelope is the same for all, its `data` is what `event_models` describes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from unavez_notifier.api.event_models import (
    AgencyReferral,
    Channel,
    EventModel,
    TeamPlan,
    TeamReferral,
    TeamTask,
    TeamUnmet,
)
from unavez_shared.web.schema import AnswerModel


class Envelope(AnswerModel):
    """One event, the same bytes on every channel (CloudEvents 1.0)."""

    specversion: str
    """Of CloudEvents."""
    id: UUID
    """The same on every channel and at every attempt: know by it what was read before."""
    source: str
    """The installation."""
    type: str
    """What happened."""
    subject: UUID
    """The referral, subscription or other thing it is about."""
    time: datetime
    """When it happened, rounded."""
    sequence: str
    """The position, padded with zeros: it orders as text."""
    datacontenttype: str
    """Of `data`."""
    dataschema: str = ""
    """Where the JSON Schema of `data` is; absent in events from before it was said."""


class CloudEvent(Envelope):
    """One event, the same bytes as on every other channel (CloudEvents 1.0)."""

    data: dict[str, Any]
    """Codes and ids; nothing about the person."""


class AgencyReferralEvent(Envelope):
    """A referral offered to this organization, or what became of it."""

    data: AgencyReferral
    """What the event says; keys may be added."""


class ChannelEvent(Envelope):
    """A subscription of this feed, or a test of its endpoint."""

    data: Channel
    """What the event says; keys may be added."""


class TeamReferralEvent(Envelope):
    """A step of a referral, for the case's own team."""

    data: TeamReferral
    """What the event says; keys may be added."""


class TeamPlanEvent(Envelope):
    """A plan, for the case's own team."""

    data: TeamPlan
    """What the event says; keys may be added."""


class TeamUnmetEvent(Envelope):
    """A need nobody meets, for the case's own team."""

    data: TeamUnmet
    """What the event says; keys may be added."""


class TeamTaskEvent(Envelope):
    """Work for a person of the case's own team."""

    data: TeamTask
    """What the event says; keys may be added."""


ENVELOPES: Final[Mapping[type[EventModel], type[Envelope]]] = {
    AgencyReferral: AgencyReferralEvent,
    Channel: ChannelEvent,
    TeamReferral: TeamReferralEvent,
    TeamPlan: TeamPlanEvent,
    TeamUnmet: TeamUnmetEvent,
    TeamTask: TeamTaskEvent,
}
"""The whole event, by the model of its data."""
