"""What happens around a case without a referral: its team hears ids and status (SAFETY O5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from unavez_notifier.domain import team_events
from unavez_notifier.use_cases.ports import Work
from unavez_notifier.use_cases.tell import tell
from unavez_shared.contracts.events import EventData, PlanState, TaskState, UnmetState
from unavez_shared.messaging.event import Event

D = TypeVar("D", bound=EventData)


async def tell_plans(events: Sequence[Event[PlanState]], work: Work, *, at: datetime) -> None:
    """Tell that plans were made, confirmed or superseded."""
    plans = await _fresh("plan", events, lambda plan: plan.plan_id, work)
    await tell([team_events.plan_event(plan, at=at) for plan in plans], work, at=at)


async def tell_unmet(events: Sequence[Event[UnmetState]], work: Work, *, at: datetime) -> None:
    """Tell that help could not be found."""
    needs = await _fresh("unmet", events, lambda need: need.unmet_id, work)
    await tell([team_events.unmet_event(need, at=at) for need in needs], work, at=at)


async def tell_tasks(events: Sequence[Event[TaskState]], work: Work, *, at: datetime) -> None:
    """Tell that a person of the team has something to do."""
    tasks = await _fresh("task", events, lambda task: task.task_id, work)
    await tell([team_events.task_event(task, at=at) for task in tasks], work, at=at)


async def _fresh(aggregate: str, events: Sequence[Event[D]], key: Callable[[D], UUID], work: Work) -> Sequence[D]:
    """Return the newest state of each subject, without those that were told already."""
    newer = await work.feeds.newer(aggregate, [(key(one.data), one.sequence) for one in events])
    newest = {key(one.data): one.data for one in sorted(events, key=lambda one: one.sequence)}
    return [data for subject, data in newest.items() if subject in newer]
