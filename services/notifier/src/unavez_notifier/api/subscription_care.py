"""Looking after a subscription: test it, rotate its secret, deliver again, see what became of deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from unavez_notifier.api.resources import resources
from unavez_notifier.api.subscription_models import (
    DeliveryItem,
    DeliveryList,
    ListingQuery,
    NewSecret,
    ReplayAccepted,
    ReplayBody,
    TestAccepted,
)
from unavez_notifier.domain.audiences import SUBSCRIBERS
from unavez_notifier.domain.deliveries import DeliveryView
from unavez_notifier.domain.subscriptions import Subscription
from unavez_notifier.use_cases.read_subscriptions import find_subscription, list_deliveries, locked_subscription
from unavez_notifier.use_cases.subscriptions import OwnSubscription, replay_events, rotate_secret, try_subscription
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import RecordCaller, allow_on_record
from unavez_shared.web.body import json_body, query_parameters, read_query, receive_json
from unavez_shared.web.gate import enter, nothing

router = APIRouter(prefix="/v1/subscriptions/{subscription_id}", tags=["subscriptions"])

Caller = Annotated[RecordCaller, allow_on_record(*SUBSCRIBERS)]


@router.post("/test", status_code=202, response_model=TestAccepted, summary="Send a test event")
async def post_test(request: Request, subscription_id: UUID, caller: Caller) -> Response:
    """Deliver `endpoint.test` to this subscription only."""
    held = resources(request)
    placed = await enter(
        caller,
        held.database.transaction,
        find=lambda work: locked_subscription(subscription_id, caller.actor, work, held.stores),
        read=nothing,
        command=lambda found, _, work: try_subscription(OwnSubscription(caller.actor, found), work, held.stores),
    )
    accepted = TestAccepted(event_id=placed.event.id, position=placed.position, demo=held.demo)
    return answer(accepted, status=202)


@router.post("/rotate-secret", response_model=NewSecret, summary="Replace the signing secret")
async def post_rotate_secret(request: Request, subscription_id: UUID, caller: Caller) -> Response:
    """Return the new secret; for 24 hours every delivery carries two signatures."""
    held = resources(request)
    secret = await enter(
        caller,
        held.database.transaction,
        find=lambda work: locked_subscription(subscription_id, caller.actor, work, held.stores),
        read=nothing,
        command=lambda found, _, work: rotate_secret(OwnSubscription(caller.actor, found), work, held.stores),
    )
    return answer(NewSecret(subscription_id=subscription_id, secret=secret, demo=held.demo))


@router.post(
    "/replay",
    status_code=202,
    response_model=ReplayAccepted,
    summary="Deliver again from a position on",
    **json_body(ReplayBody),
)
async def post_replay(request: Request, subscription_id: UUID, caller: Caller) -> Response:
    """Send the same bytes under the same `webhook-id`; nothing older than the subscription."""
    held = resources(request)

    async def replay(found: Subscription, body: ReplayBody, work: UnitOfWork) -> int:
        return await replay_events(OwnSubscription(caller.actor, found), work, held.stores, after=body.after)

    count = await enter(
        caller,
        held.database.transaction,
        find=lambda work: locked_subscription(subscription_id, caller.actor, work, held.stores),
        read=await receive_json(request, ReplayBody),
        command=replay,
    )
    return answer(ReplayAccepted(deliveries=count, demo=held.demo), status=202)


@router.get(
    "/deliveries",
    response_model=DeliveryList,
    summary="What became of deliveries",
    **query_parameters(ListingQuery),
)
async def get_deliveries(request: Request, subscription_id: UUID, caller: Caller) -> Response:
    """Return deliveries in feed order, after a position."""
    held = resources(request)

    async def listed(found: Subscription, query: ListingQuery, work: UnitOfWork) -> Sequence[DeliveryView]:
        return await list_deliveries(found, work, held.stores, after=query.after, limit=query.limit)

    found = await enter(
        caller,
        held.database.transaction,
        find=lambda work: find_subscription(subscription_id, caller.actor, work, held.stores),
        read=lambda: read_query(request, ListingQuery),
        command=listed,
    )
    items = [DeliveryItem.model_validate(one, from_attributes=True) for one in found]
    following = found[-1].position if found else read_query(request, ListingQuery).after
    return answer(DeliveryList(deliveries=items, next=following, demo=held.demo))
