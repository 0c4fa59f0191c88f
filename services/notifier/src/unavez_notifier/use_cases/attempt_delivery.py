"""Make one attempt to deliver one event, and return what became of it."""

from __future__ import annotations

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.channels.channel import Outgoing
from unavez_notifier.domain.deliveries import DueDelivery, Settlement
from unavez_notifier.domain.retries import next_attempt_at
from unavez_shared.clock import Clock


async def attempt_delivery(due: DueDelivery, stores: Stores, *, clock: Clock) -> Settlement:
    """Send the stored bytes by the subscription's channel. Never raises for what a receiver does."""
    sealed = [due.secret] if due.previous_secret is None else [due.secret, due.previous_secret]
    keys = [stores.secrets.open(one, due.subscription_id) for one in sealed]
    answer = await stores.channels[due.channel].deliver(Outgoing(due.event_id, due.body, due.endpoint, keys))
    if answer.outcome != "failed":
        return Settlement(due, answer.outcome, status_code=answer.status_code)
    again_at = next_attempt_at(
        attempts=due.attempts,
        first_attempt_at=due.first_attempt_at,
        now=clock.now(),
        retry_after=answer.retry_after,
    )
    return Settlement(due, "exhausted" if again_at is None else "pending", again_at, answer.status_code, answer.error)
