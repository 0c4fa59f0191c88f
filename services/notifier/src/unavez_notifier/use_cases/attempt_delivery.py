"""Make one attempt to deliver one event, and say what became of it."""

from __future__ import annotations

import time

from unavez_notifier.domain.retries import next_attempt_at
from unavez_notifier.domain.signatures import signature_headers
from unavez_notifier.use_cases.attempts import DueDelivery, Settlement
from unavez_notifier.use_cases.ports import Endpoints, SecretBox
from unavez_shared.clock import Clock

_GONE = 410
_OK = range(200, 300)


async def attempt_delivery(due: DueDelivery, *, endpoints: Endpoints, secrets: SecretBox, clock: Clock) -> Settlement:
    """Sign the stored bytes and POST them. Never raises for what an endpoint does."""
    sealed = [due.secret] if due.previous_secret is None else [due.secret, due.previous_secret]
    headers = signature_headers(
        due.event_id,
        due.body,
        timestamp=int(time.time()),  # the true time, whatever the service's clock says: receivers compare it
        keys=[secrets.open(one, due.subscription_id) for one in sealed],
    )
    answer = await endpoints.deliver(due.endpoint, headers, due.body)
    if answer.status_code in _OK:
        return Settlement(due, "delivered", status_code=answer.status_code)
    if answer.status_code == _GONE:
        return Settlement(due, "gone", status_code=answer.status_code)
    again_at = next_attempt_at(
        attempts=due.attempts,
        first_attempt_at=due.first_attempt_at,
        now=clock.now(),
        retry_after=answer.retry_after,
    )
    return Settlement(due, "exhausted" if again_at is None else "pending", again_at, answer.status_code, answer.error)
