"""Subscribe an endpoint to a feed; the other channels of the organization hear of it (SAFETY N19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from unavez_notifier.domain import signatures
from unavez_notifier.domain.agency_events import ANNOUNCED, channel_event
from unavez_notifier.domain.audiences import feed_of
from unavez_notifier.domain.endpoints import AddressPolicy, check_endpoint
from unavez_notifier.domain.filters import check_filters
from unavez_notifier.domain.subscriptions import MOST_PER_FEED, Filters, Status, Subscription
from unavez_notifier.use_cases.ports import SecretBox, Transactions
from unavez_notifier.use_cases.tell import tell
from unavez_shared.clock import Clock
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError, Fault, InvalidInputError
from unavez_shared.privacy.ids import random_id

_LEAVES_A_TRACE: Final = frozenset({"webhook", "email"})
"""Channels that show an address of the organization to others on the way (SAFETY N4)."""


@dataclass(frozen=True, slots=True)
class CreateSubscription:
    """What the caller asks for."""

    actor: Actor
    channel: str
    endpoint: str | None
    filters: Filters


@dataclass(frozen=True, slots=True)
class Created:
    """The new subscription and its secret, which is never shown again."""

    subscription: Subscription
    secret: str


async def create_subscription(
    command: CreateSubscription,
    *,
    transactions: Transactions,
    secrets: SecretBox,
    policy: AddressPolicy,
    clock: Clock,
    demo: bool,
) -> Created:
    """Store it unverified; its handshake starts after COMMIT, and what comes from now on is held for it.

    Raises `InvalidInputError` (`channel_unavailable`, `channel_unsafe`, `required`, `unknown_code`, or what is
    wrong with the endpoint) and `ConflictError` (`too_many_subscriptions`).
    """
    actor, now, secret = command.actor, clock.now(), signatures.new_secret()
    async with transactions() as work:
        # Unsafe first: who runs a hidden house hears why, not merely that the channel is not offered here.
        if command.channel in _LEAVES_A_TRACE and await work.services.runs_hidden_service(actor.organization_id):
            raise InvalidInputError([Fault("/channel", "channel_unsafe")])
        if command.channel != "webhook":
            raise InvalidInputError([Fault("/channel", "channel_unavailable")])
        if command.endpoint is None:
            raise InvalidInputError([Fault("/endpoint", "required")])
        endpoint = check_endpoint(command.endpoint, policy)
        feed = feed_of(actor)
        check_filters(command.filters, feed.audience)
        await work.feeds.lock(feed)
        if len(await work.subscriptions.of_feed(feed)) >= MOST_PER_FEED:
            raise ConflictError(Conflict.TOO_MANY_SUBSCRIPTIONS)
        subscription_id = random_id()
        announcement = channel_event(ANNOUNCED, feed, subscription_id, at=now, demo=demo)
        placed = await tell([announcement], work, at=now)
        subscription = Subscription(
            subscription_id=subscription_id,
            feed=feed,
            endpoint=endpoint,
            filters=command.filters,
            status=Status.UNVERIFIED,
            start_position=placed[0].position,
            version=1,
            created_at=now,
        )
        await work.subscriptions.insert(subscription, secret=secrets.seal(secret, subscription_id))
        work.record("subscription_created", actor=actor, subject_id=subscription_id)
        work.wake_handshakes()
    return Created(subscription, signatures.spoken_secret(secret))
