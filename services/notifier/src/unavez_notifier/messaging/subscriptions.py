"""THE table: which internal events the notifier publishes, and what it does with those it consumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.domain.audiences import Pseudonyms
from unavez_notifier.domain.news import News, of_milestone, of_plan, of_referral, of_shown, of_task, of_unmet
from unavez_notifier.use_cases.tell_news import tell_news
from unavez_notifier.use_cases.watch_services import watch_services
from unavez_shared.contracts.events import (
    DELIVERY_EXHAUSTED,
    NEED_UNMET,
    PLAN_MADE,
    REFERRAL_ACCEPTED,
    REFERRAL_CANCELLED,
    REFERRAL_COMPLETED,
    REFERRAL_DECLINED,
    REFERRAL_ENTERED_IN_ERROR,
    REFERRAL_EXPIRED,
    REFERRAL_FAILED,
    REFERRAL_HELD,
    REFERRAL_MILESTONE,
    REFERRAL_OFFERED,
    REFERRAL_RESCOPED_V1,
    REFERRAL_SHOWN,
    REFERRAL_STARTED,
    SERVICE_CHANGED,
    SERVICE_PUBLISHED,
    SERVICE_SUSPENDED,
    SUBSCRIPTION_DISABLED,
    TASK_OPENED,
    EventType,
)
from unavez_shared.messaging.event import Event
from unavez_shared.messaging.subscriptions import EventTable
from unavez_shared.persistence.database import UnitOfWork

Compose = Callable[[Event[Any], datetime], News]
"""Makes news of an event heard at this moment."""


def subscriptions(stores: Stores, *, public_url: str, pseudonyms: Pseudonyms) -> EventTable:
    """Return the table. Two handlers, each for all its types, inside the inbox's transaction."""
    compose = _composers(public_url, pseudonyms)

    async def news(events: Sequence[Event[Any]], work: UnitOfWork) -> None:
        at = work.now()
        await tell_news([compose[event.event_type](event, at) for event in events], work, stores, at=at)

    async def services(events: Sequence[Event[Any]], work: UnitOfWork) -> None:
        await watch_services(events, work, stores)

    return EventTable(
        publishes={DELIVERY_EXHAUSTED, SUBSCRIPTION_DISABLED},
        consumes={
            **dict.fromkeys(compose, news),
            SERVICE_PUBLISHED: services,
            SERVICE_CHANGED: services,
            SERVICE_SUSPENDED: services,
        },
    )


def _composers(public_url: str, pseudonyms: Pseudonyms) -> Mapping[EventType[Any], Compose]:
    def referral(event: Event[Any], at: datetime) -> News:
        return of_referral(event, at=at, public_url=public_url, pseudonyms=pseudonyms)

    return {
        REFERRAL_OFFERED: referral,
        REFERRAL_ACCEPTED: referral,
        REFERRAL_RESCOPED_V1: referral,
        REFERRAL_DECLINED: referral,
        REFERRAL_EXPIRED: referral,
        REFERRAL_STARTED: referral,
        REFERRAL_HELD: referral,
        REFERRAL_COMPLETED: referral,
        REFERRAL_FAILED: referral,
        REFERRAL_CANCELLED: referral,
        REFERRAL_ENTERED_IN_ERROR: referral,
        REFERRAL_SHOWN: lambda event, at: of_shown(event.data, event.sequence, at=at, pseudonyms=pseudonyms),
        REFERRAL_MILESTONE: lambda event, at: of_milestone(event.data, at=at, public_url=public_url),
        PLAN_MADE: lambda event, at: of_plan(event.data, event.sequence, at=at, pseudonyms=pseudonyms),
        NEED_UNMET: lambda event, at: of_unmet(event.data, event.sequence, at=at, pseudonyms=pseudonyms),
        TASK_OPENED: lambda event, at: of_task(event.data, event.sequence, at=at, pseudonyms=pseudonyms),
    }
