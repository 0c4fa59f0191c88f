"""THE table: what the router publishes, and which event is handled by what in it."""

from __future__ import annotations

from unavez_referral_router.messaging.handlers import Handlers
from unavez_shared.contracts import events
from unavez_shared.messaging.subscriptions import EventTable


def subscriptions(handlers: Handlers) -> EventTable:
    """Return the table."""
    return EventTable(
        publishes={
            events.REFERRAL_OFFERED,
            events.REFERRAL_ACCEPTED,
            events.REFERRAL_DECLINED,
            events.REFERRAL_EXPIRED,
            events.REFERRAL_STARTED,
            events.REFERRAL_HELD,
            events.REFERRAL_COMPLETED,
            events.REFERRAL_FAILED,
            events.REFERRAL_CANCELLED,
            events.REFERRAL_ENTERED_IN_ERROR,
            events.REFERRAL_RESCOPED,
            events.REFERRAL_SHOWN,
            events.REFERRAL_MILESTONE,
            events.PLAN_MADE,
            events.NEED_UNMET,
            events.TASK_OPENED,
        },
        consumes={
            events.CASE_REGISTERED: handlers.case_registered,
            events.SERVICE_PUBLISHED: handlers.service_told,
            events.SERVICE_CHANGED: handlers.service_told,
            events.SERVICE_SUSPENDED: handlers.service_told,
            events.CAPACITY_CHANGED: handlers.capacity_changed,
            events.DELIVERY_EXHAUSTED: handlers.delivery_exhausted,
            events.SUBSCRIPTION_DISABLED: handlers.subscription_disabled,
        },
    )
