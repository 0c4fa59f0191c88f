"""What the use-cases need from the outside, as protocols: one transaction and the tables behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from unavez_notifier.domain.audiences import Feed
from unavez_notifier.domain.feed_events import FeedEvent
from unavez_notifier.domain.lanes import Lane, Load
from unavez_notifier.domain.news import Mark, Subject
from unavez_notifier.domain.reach import Asked, Reach
from unavez_notifier.domain.subscriptions import DisabledReason, Subscription
from unavez_notifier.use_cases.attempts import DueDelivery, DueHandshake, Settlement
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.event_data import EventData
from unavez_shared.contracts.events import EventType


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event of a feed as it goes out."""

    position: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Placed:
    """An event that now has its place in a feed."""

    event: FeedEvent
    position: int


@dataclass(frozen=True, slots=True)
class ServiceVisibility:
    """The one thing the notifier keeps about a service: whether its place must stay unknown."""

    service_id: UUID
    organization_id: UUID
    hidden: bool
    version: int


@dataclass(frozen=True, slots=True)
class UntoldOffer:
    """An offer no channel told its organization, and which it has not read in its feed either."""

    organization_id: UUID
    referral_id: UUID
    position: int


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One delivery as its owner may see it."""

    position: int
    event_id: UUID
    type: str
    status: str
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    last_status_code: int | None
    last_error: str | None
    settled_at: datetime | None


class Feeds(Protocol):
    """Feeds and what stands in them."""

    async def newer(self, marks: Mapping[Subject, Mark]) -> Mapping[Subject, Mark | None]:
        """Store the marks; return the subjects for which they are newer, and the mark before."""

    async def append(self, events: Sequence[FeedEvent], *, at: datetime, only: UUID | None = None) -> Sequence[Placed]:
        """Give each event the next position of its feed, store its bytes and its deliveries, in order.

        A delivery goes to each subscription of the feed that wants the event; `only` = to this one, whatever it
        filters.
        """

    async def lock(self, feed: Feed) -> int:
        """Lock the feed until the transaction ends, creating it when missing; return its last position."""

    async def read(self, feed: Feed, *, after: int, limit: int) -> Sequence[StoredEvent]:
        """Return the next events after a position."""

    async def note_read(self, feed: Feed, *, position: int, at: datetime) -> int:
        """Remember that the feed was read up to `position`; return its last one."""

    async def reach(self, asked: Sequence[Asked], *, failing_before: datetime) -> Sequence[Reach]:
        """Return how each can be reached, in their order; a channel failing since before then is not a working one."""


class SubscriptionStore(Protocol):
    """Subscriptions and the services that decide which channels are safe."""

    async def insert(self, subscription: Subscription, *, secret: bytes) -> None:
        """Store a new one; its handshake is due at once."""

    async def of_feed(self, feed: Feed) -> Sequence[Subscription]:
        """Return all of a feed that did not end, oldest first."""

    async def get(self, subscription_id: UUID, organization_id: UUID) -> Subscription | None:
        """Return one within the organization; one that ended does not exist."""

    async def of_ids(self, subscription_ids: Sequence[UUID]) -> Sequence[Subscription]:
        """Return these, whosever they are, ended ones included."""

    async def change(self, subscription: Subscription) -> None:
        """Store filters and status; a handshake under way counts only for what is still unverified."""

    async def made_by_frontline(self) -> Sequence[UUID]:
        """Return those a frontline token made or changed, and that did not end."""

    async def ask_again(self, subscription_id: UUID, *, at: datetime) -> None:
        """Start the handshake anew."""

    async def rotate(self, subscription_id: UUID, secret: bytes, *, at: datetime, previous_until: datetime) -> None:
        """Store a new sealed secret; the old one signs beside it until then.

        While an earlier rotation is not over, its old one goes on signing in the place of the one replaced now.
        """

    async def stop(
        self, subscription_ids: Sequence[UUID], reason: DisabledReason | None, *, at: datetime
    ) -> Sequence[Subscription]:
        """Disable those that still work for a reason, or end those that did not end without one; return them."""

    async def forget(self, subscription_ids: Sequence[UUID]) -> None:
        """Remove those of them that ended and have nothing pending, with their deliveries."""

    async def claim_handshakes(
        self,
        *,
        now: datetime,
        lease: timedelta,
        limit: int,
        channels: Sequence[str],
        each_organization: int,
        but_of: Sequence[UUID],
    ) -> Sequence[DueHandshake]:
        """Lease endpoints of these channels that are due for a handshake.

        Organizations take turns, those in `but_of` have none.
        """

    async def verified(self, subscription: Subscription, *, at: datetime) -> bool:
        """Activate it if it still is unverified; tell whether it was."""

    async def handshake_failed(self, subscription: Subscription, *, next_at: datetime) -> None:
        """Ask again at `next_at`."""

    async def mark_health(self, *, failing: Sequence[UUID], healthy: Sequence[UUID], at: datetime) -> None:
        """Remember since when subscriptions fail, or that they work again."""

    async def of_channels(self, channels: Sequence[str], organization_ids: Sequence[UUID]) -> Sequence[UUID]:
        """Return the subscriptions of these organizations by these channels, in whatever state."""


class Services(Protocol):
    """Which organizations run a hidden service (SAFETY N4)."""

    async def apply(self, states: Sequence[ServiceVisibility]) -> frozenset[UUID]:
        """Store what is newer; return the organizations of those of them that are hidden."""

    async def runs_hidden_service(self, organization_id: UUID) -> bool:
        """Tell whether a channel that leaves a trace would give a house away."""


class Deliveries(Protocol):
    """What is on its way to the subscriptions."""

    async def claim(
        self,
        *,
        now: datetime,
        lease: timedelta,
        limit: int,
        channels: Sequence[str],
        lane: Lane,
        load: Load,
    ) -> Sequence[DueDelivery]:
        """Lease due deliveries of these channels in a lane: the oldest pending one of each subject, urgent first.

        Organizations take turns; none, and no subscription, gets more than its share less what `load` says.
        """

    async def settle(self, settlements: Sequence[Settlement], *, at: datetime) -> None:
        """Store what became of attempts (not `gone`)."""

    async def untold_offers(self, event_ids: Sequence[UUID]) -> Sequence[UntoldOffer]:
        """Return which of these are offers that neither a channel nor the feed has told."""

    async def pending_events(self, subscription_ids: Sequence[UUID]) -> Sequence[UUID]:
        """Return the events still on their way to these subscriptions."""

    async def hold(self, subscription_id: UUID, *, at: datetime) -> None:
        """Hold what is on its way to a subscription, but for what is about itself."""

    async def release(self, subscription_id: UUID, *, at: datetime) -> None:
        """Make due what was held for a subscription."""

    async def drop(self, subscription_ids: Sequence[UUID], *, at: datetime) -> None:
        """Take what is pending off the way to these subscriptions; it stays in the feed."""

    async def add_last(self, notices: Sequence[Placed], *, at: datetime) -> None:
        """Let each of these ends go to the very subscription it is about, after what may be under way to it."""

    async def replay(self, subscription: Subscription, *, after: int, at: datetime) -> int:
        """Make everything after a position due again (never older than the subscription); return how many."""

    async def listing(self, subscription_id: UUID, *, after: int, limit: int) -> Sequence[DeliveryView]:
        """Return deliveries in feed order."""


class Work(Protocol):
    """One open transaction."""

    feeds: Feeds
    subscriptions: SubscriptionStore
    deliveries: Deliveries
    services: Services

    def emit(self, event_type: EventType[Any], *, subject: UUID, sequence: int, data: EventData) -> None:
        """Queue an internal event."""

    def record(self, action: str, *, subject_id: UUID, actor: Actor | None = None, reason: str | None = None) -> None:
        """Queue an audit row."""

    def wake_deliveries(self) -> None:
        """After COMMIT: there is something to deliver."""

    def wake_handshakes(self) -> None:
        """After COMMIT: there is an endpoint to ask."""

    def wake_readers(self, feeds: Sequence[Feed]) -> None:
        """After COMMIT: these feeds have grown."""

    async def lazily(self) -> None:
        """Do not wait for the disk at COMMIT: losing this transaction in a crash costs only a repetition."""


Transactions = Callable[[], AbstractAsyncContextManager[Work]]
"""Opens a transaction: COMMIT at the end of the block, ROLLBACK when it raises."""


class SecretBox(Protocol):
    """Keeps signing secrets unreadable at rest."""

    def seal(self, secret: bytes, subscription_id: UUID) -> bytes:
        """Return the sealed secret, bound to its subscription."""

    def open(self, sealed: bytes, subscription_id: UUID) -> bytes:
        """Return the secret."""


class Grown(Protocol):
    """A reader's place in the queue of a feed."""

    def clear(self) -> None:
        """Forget what was signalled; call it before reading."""

    async def wait(self, timeout_seconds: float) -> bool:
        """Tell whether the feed has grown before the time was over."""


class Watch(Protocol):
    """Tells readers that a feed has grown."""

    def waiting(self, feed: Feed, *, after: int) -> AbstractAsyncContextManager[Grown]:
        """Register a reader for the length of the block."""
