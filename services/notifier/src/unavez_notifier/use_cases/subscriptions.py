"""The small commands of a subscription: test it, rotate its secret, deliver again, delete it."""

from __future__ import annotations

from dataclasses import dataclass

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.domain import signing_secrets
from unavez_notifier.domain.agency_events import CHANGED, ENDPOINT_TEST, channel_event
from unavez_notifier.domain.feed_events import Placed
from unavez_notifier.domain.subscriptions import PREVIOUS_SECRET_LIVES, Status, Subscription
from unavez_notifier.use_cases.end_subscriptions import end_subscriptions
from unavez_notifier.use_cases.tell import tell
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError
from unavez_shared.persistence.database import UnitOfWork


@dataclass(frozen=True, slots=True)
class OwnSubscription:
    """Who looks after which subscription, as it was found."""

    actor: Actor
    subscription: Subscription


async def try_subscription(command: OwnSubscription, work: UnitOfWork, stores: Stores) -> Placed:
    """Append `endpoint.test` to the feed and deliver it to this subscription only, whatever it filters.

    Raises `ConflictError` (`subscription_disabled`).
    """
    subscription, now = _working(command), work.now()
    event = channel_event(ENDPOINT_TEST, subscription.feed, subscription.subscription_id, at=now, demo=stores.demo)
    placed = await tell([event], work, stores, at=now, only=subscription.subscription_id)
    work.record("subscription_tested", actor=command.actor, subject_id=subscription.subscription_id)
    return placed[0]


async def rotate_secret(command: OwnSubscription, work: UnitOfWork, stores: Stores) -> str:
    """Give it a new signing secret and return it, shown once; for a day the old one signs too, the notice as well.

    Rotating again within the day keeps the secret the receiver had before the first rotation: whoever rotates in a row
    cannot make it miss the notice. Raises `ConflictError` (`subscription_disabled`).
    """
    subscription, now = _working(command), work.now()
    secret, subscription_id = signing_secrets.new_secret(), subscription.subscription_id
    await stores.subscriptions.rotate(
        work,
        subscription_id,
        stores.secrets.seal(secret, subscription_id),
        at=now,
        previous_until=now + PREVIOUS_SECRET_LIVES,
    )
    notice = channel_event(CHANGED, subscription.feed, subscription_id, at=now, demo=stores.demo)
    await tell([notice], work, stores, at=now)
    work.record("subscription_secret_rotated", actor=command.actor, subject_id=subscription_id)
    return signing_secrets.spoken_secret(secret)


async def replay_events(command: OwnSubscription, work: UnitOfWork, stores: Stores, *, after: int) -> int:
    """Deliver again what a receiver has lost, the same bytes: all after `after`, or since it began (SAFETY N19).

    Returns how many deliveries. Raises `ConflictError` (`subscription_disabled`).
    """
    subscription = _working(command)
    count = await stores.deliveries.replay(work, subscription, after=after, at=work.now())
    work.record("subscription_replayed", actor=command.actor, subject_id=subscription.subscription_id)
    stores.wakes.for_deliveries(work)
    return count


async def delete_subscription(command: OwnSubscription, work: UnitOfWork, stores: Stores) -> None:
    """End it for its owner; its feed stays, and says so."""
    subscription_id = command.subscription.subscription_id
    await end_subscriptions([subscription_id], work, stores, at=work.now())
    work.record("subscription_deleted", actor=command.actor, subject_id=subscription_id)


def _working(command: OwnSubscription) -> Subscription:
    if command.subscription.status is Status.DISABLED:
        raise ConflictError(Conflict.SUBSCRIPTION_DISABLED)
    return command.subscription
