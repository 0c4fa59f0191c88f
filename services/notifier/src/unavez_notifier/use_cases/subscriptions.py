"""The small commands of a subscription: test it, rotate its secret, deliver again, delete it."""

from __future__ import annotations

from uuid import UUID

from unavez_notifier.adapters.secret_box import SecretBox
from unavez_notifier.adapters.unit_of_work import Transactions
from unavez_notifier.domain import signing_secrets
from unavez_notifier.domain.agency_events import CHANGED, ENDPOINT_TEST, channel_event
from unavez_notifier.domain.feed_events import Placed
from unavez_notifier.domain.subscriptions import PREVIOUS_SECRET_LIVES, Status
from unavez_notifier.use_cases.end_subscriptions import end_subscriptions
from unavez_notifier.use_cases.read_subscriptions import locked_subscription, visible_subscription
from unavez_notifier.use_cases.tell import tell
from unavez_shared.clock import Clock
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError


async def try_subscription(
    subscription_id: UUID, actor: Actor, *, transactions: Transactions, clock: Clock, demo: bool
) -> Placed:
    """Append `endpoint.test` to the feed and deliver it to this subscription only, whatever it filters.

    Raises `NotYoursError`, `ConflictError` (`subscription_disabled`).
    """
    now = clock.now()
    async with transactions() as work:
        subscription = await visible_subscription(subscription_id, actor, work)
        if subscription.status is Status.DISABLED:
            raise ConflictError(Conflict.SUBSCRIPTION_DISABLED)
        event = channel_event(ENDPOINT_TEST, subscription.feed, subscription_id, at=now, demo=demo)
        placed = await tell([event], work, at=now, only=subscription_id)
        work.record("subscription_tested", actor=actor, subject_id=subscription_id)
    return placed[0]


async def rotate_secret(
    subscription_id: UUID, actor: Actor, *, transactions: Transactions, secrets: SecretBox, clock: Clock, demo: bool
) -> str:
    """Give it a new signing secret and return it, shown once; for a day the old one signs too, the notice as well.

    Rotating again within the day keeps the secret the receiver had before the first rotation: whoever rotates in a row
    cannot make it miss the notice. Raises `NotYoursError`, `ConflictError` (`subscription_disabled`).
    """
    secret, now = signing_secrets.new_secret(), clock.now()
    async with transactions() as work:
        subscription = await locked_subscription(subscription_id, actor, work)
        if subscription.status is Status.DISABLED:
            raise ConflictError(Conflict.SUBSCRIPTION_DISABLED)
        await work.subscriptions.rotate(
            subscription_id,
            secrets.seal(secret, subscription_id),
            at=now,
            previous_until=now + PREVIOUS_SECRET_LIVES,
        )
        notice = channel_event(CHANGED, subscription.feed, subscription_id, at=now, demo=demo)
        await tell([notice], work, at=now)
        work.record("subscription_secret_rotated", actor=actor, subject_id=subscription_id)
    return signing_secrets.spoken_secret(secret)


async def replay_events(
    subscription_id: UUID, actor: Actor, *, after: int, transactions: Transactions, clock: Clock
) -> int:
    """Deliver again what a receiver has lost, the same bytes: all after `after`, or since it began (SAFETY N19).

    Returns how many deliveries. Raises `NotYoursError`, `ConflictError` (`subscription_disabled`).
    """
    async with transactions() as work:
        subscription = await visible_subscription(subscription_id, actor, work)
        if subscription.status is Status.DISABLED:
            raise ConflictError(Conflict.SUBSCRIPTION_DISABLED)
        await work.feeds.lock(subscription.feed)
        count = await work.deliveries.replay(subscription, after=after, at=clock.now())
        work.record("subscription_replayed", actor=actor, subject_id=subscription_id)
        work.wake_deliveries()
    return count


async def delete_subscription(
    subscription_id: UUID, actor: Actor, *, transactions: Transactions, clock: Clock, demo: bool
) -> None:
    """End it for its owner; its feed stays, and says so. Raises `NotYoursError`."""
    async with transactions() as work:
        await visible_subscription(subscription_id, actor, work)
        await end_subscriptions([subscription_id], work, at=clock.now(), demo=demo)
        work.record("subscription_deleted", actor=actor, subject_id=subscription_id)
