"""Offers that no machine will deliver any more become work for a person (SAFETY N13)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from unavez_notifier.adapters.stores import Stores
from unavez_shared.contracts.event_data import DeliveryExhausted
from unavez_shared.contracts.events import DELIVERY_EXHAUSTED
from unavez_shared.persistence.database import UnitOfWork


async def tell_exhausted(event_ids: Sequence[UUID], work: UnitOfWork, stores: Stores) -> None:
    """Emit `delivery.exhausted` for each of these offers that neither another channel nor the feed has told."""
    if not event_ids:
        return
    for offer in await stores.deliveries.untold_offers(work, event_ids):
        data = DeliveryExhausted(organization_id=offer.organization_id, referral_id=offer.referral_id, reason="failing")
        work.emit(DELIVERY_EXHAUSTED, subject=offer.referral_id, sequence=offer.position, data=data)
