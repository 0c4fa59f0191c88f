"""From events to commands. Each handler gets a run of events of its types and the open transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.use_cases.call_receivers import call_organizations, call_receivers
from unavez_referral_router.use_cases.register_cases import register_cases
from unavez_referral_router.use_cases.track_directory import track_capacities, track_services
from unavez_shared.contracts.event_data import (
    CapacityState,
    CaseState,
    DeliveryExhausted,
    ServiceState,
    SubscriptionDisabled,
)
from unavez_shared.messaging.event import Event
from unavez_shared.persistence.database import UnitOfWork


@dataclass(frozen=True, slots=True)
class Handlers:
    """The handlers, with what their commands work with."""

    stores: Stores

    async def case_registered(self, events: Sequence[Event[CaseState]], work: UnitOfWork) -> None:
        """Plan new cases."""
        await register_cases(events, work, self.stores)

    async def service_told(self, events: Sequence[Event[ServiceState]], work: UnitOfWork) -> None:
        """Follow the directory."""
        states = [(event.sequence, event.data) for event in events]
        await track_services(states, work, self.stores)

    async def capacity_changed(self, events: Sequence[Event[CapacityState]], work: UnitOfWork) -> None:
        """Follow reported places."""
        await track_capacities([event.data for event in events], work, self.stores)

    async def delivery_exhausted(self, events: Sequence[Event[DeliveryExhausted]], work: UnitOfWork) -> None:
        """Have somebody call."""
        await call_receivers([event.data for event in events], work, self.stores)

    async def subscription_disabled(self, events: Sequence[Event[SubscriptionDisabled]], work: UnitOfWork) -> None:
        """Have somebody call whoever has not answered."""
        await call_organizations([event.data for event in events], work, self.stores)
