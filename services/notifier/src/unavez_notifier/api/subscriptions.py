"""Subscriptions: make, see, change, end."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from unavez_notifier.api.resources import resources
from unavez_notifier.api.subscription_models import (
    SubscriptionBody,
    SubscriptionCreated,
    SubscriptionList,
    SubscriptionPatch,
    SubscriptionView,
    view,
)
from unavez_notifier.domain.audiences import SUBSCRIBERS
from unavez_notifier.domain.subscriptions import Subscription
from unavez_notifier.use_cases.change_subscription import ChangeSubscription, change_subscription
from unavez_notifier.use_cases.create_subscription import CreateSubscription, create_subscription
from unavez_notifier.use_cases.read_subscriptions import find_subscription, list_subscriptions, locked_subscription
from unavez_notifier.use_cases.subscriptions import OwnSubscription, delete_subscription
from unavez_shared.contracts.actor import Actor
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import RecordCaller, allow, allow_on_record
from unavez_shared.web.body import json_body, read_json, receive_json
from unavez_shared.web.gate import as_found, enter, nothing
from unavez_shared.web.openapi_answers import headers

router = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])


@router.post(
    "",
    status_code=201,
    response_model=SubscriptionCreated,
    summary="Subscribe an endpoint to your feed",
    responses={201: headers("Location")},
    **json_body(SubscriptionBody),
)
async def post_subscription(request: Request, actor: Annotated[Actor, allow(*SUBSCRIBERS)]) -> Response:
    """Answer at once; the endpoint is asked by OPTIONS afterwards and is `unverified` until it agrees."""
    body, held = await read_json(request, SubscriptionBody), resources(request)
    command = CreateSubscription(actor, body.channel, body.endpoint, body.filters())
    async with held.database.transaction() as work:
        created = await create_subscription(command, work, held.stores)
    shown = view(created.subscription, demo=held.demo)
    return answer(
        SubscriptionCreated(**shown.model_dump(), secret=created.secret),
        status=201,
        headers={"Location": f"/notifier/v1/subscriptions/{shown.subscription_id}"},
    )


@router.get("", response_model=SubscriptionList, summary="Your subscriptions")
async def get_subscriptions(request: Request, actor: Annotated[Actor, allow(*SUBSCRIBERS)]) -> Response:
    """Return all of them, oldest first."""
    held = resources(request)
    async with held.database.transaction() as work:
        found = await list_subscriptions(actor, work, held.stores)
    views = [view(one, demo=held.demo) for one in found]
    return answer(SubscriptionList(subscriptions=views, demo=held.demo))


@router.get("/{subscription_id}", response_model=SubscriptionView, summary="One subscription")
async def get_subscription(
    request: Request, subscription_id: UUID, caller: Annotated[RecordCaller, allow_on_record(*SUBSCRIBERS)]
) -> Response:
    """Return it."""
    held = resources(request)
    found = await enter(
        caller,
        held.database.transaction,
        find=lambda work: find_subscription(subscription_id, caller.actor, work, held.stores),
        read=nothing,
        command=as_found,
    )
    return answer(view(found, demo=held.demo))


@router.patch(
    "/{subscription_id}",
    response_model=SubscriptionView,
    summary="Change filters, pause or resume",
    **json_body(SubscriptionPatch, media_type="application/merge-patch+json"),
)
async def patch_subscription(
    request: Request, subscription_id: UUID, caller: Annotated[RecordCaller, allow_on_record(*SUBSCRIBERS)]
) -> Response:
    """Change what is named; null lifts a filter. Feed and channels get `subscription.changed`."""
    held = resources(request)

    async def change(found: Subscription, body: SubscriptionPatch, work: UnitOfWork) -> Subscription:
        command = ChangeSubscription(
            actor=caller.actor,
            before=found,
            changed=frozenset(body.model_fields_set),
            filters=body.filters(),
            paused=body.paused,
        )
        return await change_subscription(command, work, held.stores)

    changed = await enter(
        caller,
        held.database.transaction,
        find=lambda work: locked_subscription(subscription_id, caller.actor, work, held.stores),
        read=await receive_json(request, SubscriptionPatch),
        command=change,
    )
    return answer(view(changed, demo=held.demo))


@router.delete("/{subscription_id}", status_code=204, summary="End a subscription")
async def remove_subscription(
    request: Request, subscription_id: UUID, caller: Annotated[RecordCaller, allow_on_record(*SUBSCRIBERS)]
) -> Response:
    """Drop what is on its way; its endpoint, the feed and the other channels get `subscription.ended`."""
    held = resources(request)
    await enter(
        caller,
        held.database.transaction,
        find=lambda work: locked_subscription(subscription_id, caller.actor, work, held.stores),
        read=nothing,
        command=lambda found, _, work: delete_subscription(OwnSubscription(caller.actor, found), work, held.stores),
    )
    return Response(status_code=204)
