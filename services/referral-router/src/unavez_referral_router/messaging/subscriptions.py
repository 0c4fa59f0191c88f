"""THE table: which event the router hears, and who handles it."""

from __future__ import annotations

from unavez_referral_router.messaging.handlers import Handlers
from unavez_shared.contracts.events import (
    CAPACITY_CHANGED,
    CASE_REGISTERED,
    DELIVERY_EXHAUSTED,
    SERVICE_CHANGED,
    SERVICE_PUBLISHED,
    SERVICE_SUSPENDED,
    SUBSCRIPTION_DISABLED,
)
from unavez_shared.messaging.subscriptions import Subscriptions


def subscriptions(handlers: Handlers) -> Subscriptions:
    """Return the table."""
    return {
        CASE_REGISTERED: handlers.case_registered,
        SERVICE_PUBLISHED: handlers.service_told,
        SERVICE_CHANGED: handlers.service_told,
        SERVICE_SUSPENDED: handlers.service_told,
        CAPACITY_CHANGED: handlers.capacity_changed,
        DELIVERY_EXHAUSTED: handlers.delivery_exhausted,
        SUBSCRIPTION_DISABLED: handlers.subscription_disabled,
    }
