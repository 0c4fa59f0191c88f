"""What a command of the notifier reads, writes and wakes, each inside its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unavez_notifier.adapters.deliveries import DeliveryStore
from unavez_notifier.adapters.feed_watch import FeedWatch
from unavez_notifier.adapters.feeds import FeedStore
from unavez_notifier.adapters.secret_box import SecretBox
from unavez_notifier.adapters.services import ServiceStore
from unavez_notifier.adapters.subscriptions import SubscriptionStore
from unavez_notifier.channels.registry import Channels
from unavez_notifier.domain.audiences import Feed
from unavez_shared.loops import Signal
from unavez_shared.persistence.database import UnitOfWork


@dataclass(frozen=True, slots=True)
class Wakes:
    """Who waits for what in this process. Other processes find out by polling."""

    deliveries: Signal
    handshakes: Signal
    readers: FeedWatch

    def for_deliveries(self, work: UnitOfWork) -> None:
        """After COMMIT: there is something to deliver."""
        work.after_commit(self.deliveries.send)

    def for_handshakes(self, work: UnitOfWork) -> None:
        """After COMMIT: there is an endpoint to ask."""
        work.after_commit(self.handshakes.send)

    def for_readers(self, work: UnitOfWork, feeds: Sequence[Feed]) -> None:
        """After COMMIT: these feeds have grown."""
        work.after_commit(lambda: self.readers.notify(feeds))


@dataclass(frozen=True, slots=True)
class Stores:
    """Third argument of every use-case: `(command, work, stores)`."""

    feeds: FeedStore
    subscriptions: SubscriptionStore
    deliveries: DeliveryStore
    services: ServiceStore
    secrets: SecretBox
    channels: Channels
    wakes: Wakes
    demo: bool
