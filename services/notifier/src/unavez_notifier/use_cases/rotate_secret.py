"""Give a subscription a new signing secret; for a day both sign, so that no receiver misses an event."""

from __future__ import annotations

from uuid import UUID

from unavez_notifier.domain import signatures
from unavez_notifier.domain.subscriptions import PREVIOUS_SECRET_LIVES
from unavez_notifier.use_cases.find_subscription import visible_subscription
from unavez_notifier.use_cases.ports import SecretBox, Transactions
from unavez_shared.clock import Clock
from unavez_shared.contracts.actor import Actor


async def rotate_secret(
    subscription_id: UUID, actor: Actor, *, transactions: Transactions, secrets: SecretBox, clock: Clock
) -> str:
    """Return the new secret, shown once. Raises `NotYoursError`."""
    secret = signatures.new_secret()
    async with transactions() as work:
        await visible_subscription(subscription_id, actor, work)
        await work.subscriptions.rotate(
            subscription_id,
            secrets.seal(secret, subscription_id),
            previous_until=clock.now() + PREVIOUS_SECRET_LIVES,
        )
        work.record("subscription_secret_rotated", actor=actor, subject_id=subscription_id)
    return signatures.spoken_secret(secret)
