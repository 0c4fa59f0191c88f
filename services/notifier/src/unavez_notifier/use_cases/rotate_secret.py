"""Give a subscription a new signing secret; for a day the old one signs too, so that no receiver misses an event."""

from __future__ import annotations

from uuid import UUID

from unavez_notifier.domain import signing_secrets
from unavez_notifier.domain.agency_events import CHANGED, channel_event
from unavez_notifier.domain.subscriptions import PREVIOUS_SECRET_LIVES, Status
from unavez_notifier.use_cases.find_subscription import locked_subscription
from unavez_notifier.use_cases.ports import SecretBox, Transactions
from unavez_notifier.use_cases.tell import tell
from unavez_shared.clock import Clock
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError


async def rotate_secret(
    subscription_id: UUID, actor: Actor, *, transactions: Transactions, secrets: SecretBox, clock: Clock, demo: bool
) -> str:
    """Return the new secret, shown once; the notice of it is signed with both.

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
