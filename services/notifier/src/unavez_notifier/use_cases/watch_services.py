"""Know which organizations run a hidden service: a channel that leaves a trace would lead to the house (SAFETY N4)."""

from __future__ import annotations

from collections.abc import Sequence

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.channels.registry import TRACED
from unavez_notifier.domain.services import ServiceVisibility
from unavez_notifier.domain.subscriptions import DisabledReason
from unavez_notifier.use_cases.end_subscriptions import disable_subscriptions
from unavez_shared.contracts.event_data import ServiceState, Tier
from unavez_shared.messaging.event import Event
from unavez_shared.persistence.database import UnitOfWork


async def watch_services(events: Sequence[Event[ServiceState]], work: UnitOfWork, stores: Stores) -> None:
    """Apply a run of directory facts; who runs a hidden service now loses the channels that leave a trace.

    They receive nothing more, not even their end. A suspended house is still a house. A front door that is not the
    house itself may use any channel.
    """
    hiding = await stores.services.apply(
        work,
        [
            ServiceVisibility(
                service_id=one.data.service_id,
                organization_id=one.data.organization_id,
                hidden=one.data.tier is Tier.HIDDEN,
                version=one.sequence,
            )
            for one in events
        ],
    )
    if hiding:
        traced = await stores.subscriptions.of_channels(work, sorted(TRACED), sorted(hiding))
        await disable_subscriptions(traced, DisabledReason.UNSAFE, work, stores, at=work.now())
