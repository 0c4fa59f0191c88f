"""Change where a subscription goes and what it lets through; a new endpoint has to agree again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from unavez_notifier.domain.endpoints import AddressPolicy, check_endpoint
from unavez_notifier.domain.subscriptions import Filters, Status, Subscription
from unavez_notifier.use_cases.find_subscription import visible_subscription
from unavez_notifier.use_cases.ports import Transactions
from unavez_shared.clock import Clock
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.errors import Fault, InvalidInputError


@dataclass(frozen=True, slots=True)
class ChangeSubscription:
    """A merge patch: what is not named in `changed` stays as it is."""

    actor: Actor
    subscription_id: UUID
    changed: frozenset[str]
    endpoint: str | None
    filters: Filters


async def change_subscription(
    command: ChangeSubscription, *, transactions: Transactions, policy: AddressPolicy, clock: Clock
) -> Subscription:
    """Apply the patch and return the subscription.

    Naming an endpoint starts the handshake anew and so revives a disabled subscription. Filters hold for what comes.
    Raises `NotYoursError`, `InvalidInputError` (the endpoint, or `channel_unsafe`).
    """
    async with transactions() as work:
        before = await visible_subscription(command.subscription_id, command.actor, work)
        await work.feeds.lock(before.feed)
        after = replace(before, version=before.version + 1, filters=_patched(before.filters, command))
        verify_again_at = None
        if "endpoint" in command.changed:
            if command.endpoint is None:
                raise InvalidInputError([Fault("/endpoint", "required")])
            if await work.services.runs_hidden_service(before.feed.organization_id):
                raise InvalidInputError([Fault("/endpoint", "channel_unsafe")])
            verify_again_at = clock.now()
            after = replace(
                after,
                endpoint=check_endpoint(command.endpoint, policy),
                status=Status.UNVERIFIED,
                verified_at=None,
                failing_since=None,
                disabled_at=None,
                disabled_reason=None,
            )
            work.wake_handshakes()
        await work.subscriptions.change(after, verify_again_at=verify_again_at)
        work.record("subscription_changed", actor=command.actor, subject_id=command.subscription_id)
    return after


def _patched(filters: Filters, command: ChangeSubscription) -> Filters:
    given = {
        name: getattr(command.filters, name)
        for name in ("event_types", "service_types", "districts")
        if name in command.changed
    }
    return replace(filters, **given)
