"""THE table: which internal event is heard by what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from unavez_notifier.use_cases.ports import Work
from unavez_notifier.use_cases.tell_referrals import tell_milestones, tell_referrals
from unavez_notifier.use_cases.tell_teams import tell_plans, tell_tasks, tell_unmet
from unavez_notifier.use_cases.watch_services import watch_services
from unavez_shared.clock import Clock
from unavez_shared.contracts.events import (
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
    REFERRAL_RESCOPED,
    REFERRAL_STARTED,
    SERVICE_CHANGED,
    SERVICE_PUBLISHED,
    SERVICE_SUSPENDED,
    TASK_OPENED,
)
from unavez_shared.messaging.event import Event
from unavez_shared.messaging.subscriptions import Handler, Subscriptions
from unavez_shared.persistence.database import UnitOfWork

Run = Sequence[Event[Any]]


def subscriptions(*, within: Callable[[UnitOfWork], Work], clock: Clock, public_url: str) -> Subscriptions:
    """Return the handlers: each applies a run of one type inside the inbox's transaction, seen through `within`."""

    def handler(apply: Callable[[Run, Work, datetime], Awaitable[None]]) -> Handler:
        async def handle(events: Run, work: UnitOfWork) -> None:
            await apply(events, within(work), clock.now())

        return handle

    async def referrals(events: Run, work: Work, at: datetime) -> None:
        states = [event.data for event in events]
        await tell_referrals(events[0].event_type.type, states, work, at=at, public_url=public_url)

    async def milestones(events: Run, work: Work, at: datetime) -> None:
        await tell_milestones([event.data for event in events], work, at=at, public_url=public_url)

    async def plans(events: Run, work: Work, at: datetime) -> None:
        await tell_plans(events, work, at=at)

    async def needs(events: Run, work: Work, at: datetime) -> None:
        await tell_unmet(events, work, at=at)

    async def tasks(events: Run, work: Work, at: datetime) -> None:
        await tell_tasks(events, work, at=at)

    async def services(events: Run, work: Work, at: datetime) -> None:
        await watch_services(events, work, at=at)

    return {
        REFERRAL_OFFERED: handler(referrals),
        REFERRAL_ACCEPTED: handler(referrals),
        REFERRAL_RESCOPED: handler(referrals),
        REFERRAL_DECLINED: handler(referrals),
        REFERRAL_EXPIRED: handler(referrals),
        REFERRAL_STARTED: handler(referrals),
        REFERRAL_HELD: handler(referrals),
        REFERRAL_COMPLETED: handler(referrals),
        REFERRAL_FAILED: handler(referrals),
        REFERRAL_CANCELLED: handler(referrals),
        REFERRAL_ENTERED_IN_ERROR: handler(referrals),
        REFERRAL_MILESTONE: handler(milestones),
        PLAN_MADE: handler(plans),
        NEED_UNMET: handler(needs),
        TASK_OPENED: handler(tasks),
        SERVICE_PUBLISHED: handler(services),
        SERVICE_CHANGED: handler(services),
        SERVICE_SUSPENDED: handler(services),
    }
