"""Subscribe an endpoint to a feed; the other channels of the organization hear of it (SAFETY N19)."""

from __future__ import annotations

from dataclasses import dataclass

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.channels.registry import TRACED
from unavez_notifier.domain import signing_secrets
from unavez_notifier.domain.agency_events import ANNOUNCED, channel_event
from unavez_notifier.domain.audiences import feed_of
from unavez_notifier.domain.filters import check_filters
from unavez_notifier.domain.subscriptions import MOST_PER_FEED, Filters, Status, Subscription
from unavez_notifier.use_cases.tell import tell
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError, Fault, InvalidInputError
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.ids import random_id


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


async def create_subscription(command: CreateSubscription, work: UnitOfWork, stores: Stores) -> Created:
    """Store it unverified; its handshake starts after COMMIT, and what comes from now on is held for it.

    Raises `InvalidInputError` (`channel_unavailable`, `channel_unsafe`, `required`, `unknown_code`, or what is
    wrong with the address) and `ConflictError` (`too_many_subscriptions`).
    """
    actor, now, secret = command.actor, work.now(), signing_secrets.new_secret()
    # Unsafe first: who runs a hidden house hears why, not merely that the channel is not offered here.
    if command.channel in TRACED and await stores.services.runs_hidden_service(work, actor.organization_id):
        raise InvalidInputError([Fault("/channel", "channel_unsafe")])
    channel = stores.channels.get(command.channel)
    if channel is None:
        raise InvalidInputError([Fault("/channel", "channel_unavailable")])
    endpoint = channel.check(command.endpoint)
    feed = feed_of(actor)
    check_filters(command.filters, feed.audience)
    await stores.feeds.lock(work, feed)
    if len(await stores.subscriptions.of_feed(work, feed)) >= MOST_PER_FEED:
        raise ConflictError(Conflict.TOO_MANY_SUBSCRIPTIONS)
    subscription_id = random_id()
    announcement = channel_event(ANNOUNCED, feed, subscription_id, at=now, demo=stores.demo)
    placed = await tell([announcement], work, stores, at=now)
    subscription = Subscription(
        subscription_id=subscription_id,
        feed=feed,
        channel=command.channel,
        endpoint=endpoint,
        filters=command.filters,
        status=Status.UNVERIFIED,
        start_position=placed[0].position,
        version=1,
        created_at=now,
    )
    await stores.subscriptions.insert(work, subscription, secret=stores.secrets.seal(secret, subscription_id))
    work.record("subscription_created", actor=actor, subject_id=subscription_id)
    stores.wakes.for_handshakes(work)
    return Created(subscription, signing_secrets.spoken_secret(secret))
