"""Bodies and answers of subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, cast
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from unavez_notifier.api.events import Position
from unavez_notifier.channels.registry import NAMES
from unavez_notifier.domain.audiences import Audience
from unavez_notifier.domain.filters import DEPARTMENT_CODES, event_types_of
from unavez_notifier.domain.subscriptions import Filters, Subscription
from unavez_notifier.use_cases.change_subscription import PATCHABLE
from unavez_shared.contracts.channels import CHANNEL_NAMES
from unavez_shared.contracts.errors import Fault, InvalidInputError
from unavez_shared.web.schema import AnswerModel, RequestModel

if TYPE_CHECKING:
    _AskedChannel: TypeAlias = str
    _Channel: TypeAlias = str
else:
    _AskedChannel = Literal[CHANNEL_NAMES]
    _Channel = Literal[NAMES]
_Endpoint = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
_EventType = Annotated[
    str,
    StringConstraints(max_length=80),
    Field(
        json_schema_extra={
            "enum": sorted({kind for audience in Audience for kind in event_types_of(audience)}),
            "x-component": "EventType",
        }
    ),
]
_ServiceType = Annotated[str, StringConstraints(max_length=40), Field(json_schema_extra={"x-component": "ServiceType"})]
_Department = Annotated[str, StringConstraints(max_length=2), Field(json_schema_extra={"enum": list(DEPARTMENT_CODES)})]
_EVENT_TYPES = "Types of events. `referral.declined` is what the agency did; the referral's state is `rejected` since."
_EventTypes = Annotated[list[_EventType], Field(min_length=1, max_length=50, description=_EVENT_TYPES)]
_ServiceTypes = Annotated[list[_ServiceType], Field(min_length=1, max_length=200)]
_Departments = Annotated[list[_Department], Field(min_length=1, max_length=25)]


class FilterFields(RequestModel):
    """What the subscription lets through; absent or null = everything."""

    event_types: _EventTypes | None = None
    service_types: _ServiceTypes | None = None
    districts: _Departments | None = None

    def filters(self) -> Filters:
        """Return the filters given here."""
        return Filters(_tuple(self.event_types), _tuple(self.service_types), _tuple(self.districts))


class SubscriptionBody(FilterFields):
    """A new subscription."""

    channel: _AskedChannel
    endpoint: _Endpoint | None = None


class SubscriptionPatch(FilterFields):
    """A merge patch. The endpoint never changes: a new one is a new subscription."""

    paused: Annotated[bool, Field(description="true: hold events until it is false again")] = False

    @model_validator(mode="before")
    @classmethod
    def _endpoint_stays(cls, data: Any) -> Any:
        if isinstance(data, dict) and "endpoint" in data:
            raise InvalidInputError([Fault("/endpoint", "immutable_field", allowed=tuple(PATCHABLE))])
        return data


class ReplayBody(RequestModel):
    """From where to deliver again: everything since the subscription was made, unless a position says less."""

    after: Position = 0


class ListingQuery(RequestModel):
    """Which part of the deliveries."""

    after: Position = 0
    limit: Annotated[int, Field(ge=1, description="Larger than 500 is lowered")] = 100


class SubscriptionView(AnswerModel):
    """A subscription as its owner sees it; the secret is never shown again."""

    subscription_id: UUID
    channel: _Channel
    endpoint: str
    event_types: list[str] | None
    service_types: list[str] | None
    districts: list[str] | None
    status: Literal["unverified", "active", "paused", "disabled"]
    """Only an active one is delivered to."""
    start_position: int
    created_at: datetime
    verified_at: datetime | None
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_reason: Literal["gone", "failing", "unsafe"] | None
    demo: bool


class SubscriptionCreated(SubscriptionView):
    """The new subscription with its signing secret, shown this once."""

    secret: str


class SubscriptionList(AnswerModel):
    """Every subscription of the caller's feed."""

    subscriptions: list[SubscriptionView]
    """Oldest first."""
    demo: bool


class NewSecret(AnswerModel):
    """The new signing secret, shown this once; the old one signs beside it for 24 hours."""

    subscription_id: UUID
    secret: str
    demo: bool


class TestAccepted(AnswerModel):
    """A test event is on its way."""

    event_id: UUID
    position: int
    demo: bool


class ReplayAccepted(AnswerModel):
    """So many deliveries are due again."""

    deliveries: int
    """How many."""
    demo: bool


class DeliveryItem(AnswerModel):
    """What became of one delivery."""

    position: int
    event_id: UUID
    type: str
    """Type of the event."""
    status: Literal["pending", "delivered", "exhausted", "dropped"]
    """Where the delivery stands."""
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    last_status_code: int | None
    last_error: str | None
    settled_at: datetime | None
    """When it was over; null = it is not."""


class DeliveryList(AnswerModel):
    """Deliveries in feed order; ask again with `after=next`."""

    deliveries: list[DeliveryItem]
    next: int
    """Ask again with `after` of this."""
    demo: bool


def view(subscription: Subscription, *, demo: bool) -> SubscriptionView:
    """Shape a subscription for its owner."""
    return SubscriptionView(
        subscription_id=subscription.subscription_id,
        channel=subscription.channel,
        endpoint=subscription.endpoint,
        event_types=_list(subscription.filters.event_types),
        service_types=_list(subscription.filters.service_types),
        districts=_list(subscription.filters.districts),
        status=cast("Any", subscription.status.value),  # one that ended is shown to nobody
        start_position=subscription.start_position,
        created_at=subscription.created_at,
        verified_at=subscription.verified_at,
        failing_since=subscription.failing_since,
        disabled_at=subscription.disabled_at,
        disabled_reason=subscription.disabled_reason.value if subscription.disabled_reason else None,
        demo=demo,
    )


def _tuple(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _list(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)
