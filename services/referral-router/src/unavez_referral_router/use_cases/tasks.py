"""Work for people: list it, finish it, and let go what waited for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from unavez_referral_router.domain.referrals.decisions.confirmation import Confirmer, release
from unavez_referral_router.domain.referrals.decisions.offers import COORDINATOR_CONFIRMATION
from unavez_referral_router.use_cases.announce import announce
from unavez_referral_router.use_cases.ports import Desk
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError, NotYoursError
from unavez_shared.protocol.vocabulary import RELEASE


class Outcome(StrEnum):
    """What came of a task."""

    DONE = "done"
    READY = "ready"
    RELEASED = "released"
    REACHED = "reached"
    UNREACHABLE = "unreachable"
    NOT_READY = "not_ready"
    REFUSED = "refused"


_HOLDS = frozenset({"READINESS", "RETURN-RISK", "INSPECTION-RELEASE"})
_NOT_YET = frozenset({Outcome.NOT_READY, Outcome.REFUSED})
"""A hold stays, and so does its task: the answer is noted and asked again."""


@dataclass(frozen=True, slots=True)
class CompleteTask:
    """An outcome of one task."""

    task_id: UUID
    actor: Actor
    outcome: Outcome


async def list_tasks(
    actor: Actor, desk: Desk, *, status: str, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return a page of tasks, one more than asked when there are more."""
    async with desk.database.transaction() as work:
        return await desk.reads.tasks(work, actor, status=status, after=after, limit=limit + 1)


async def require_task(task_id: UUID, actor: Actor, desk: Desk) -> Mapping[str, Any]:
    """Return a task of the actor's cases. Raises `NotYoursError`."""
    async with desk.database.transaction() as work:
        task = await desk.reads.task(work, task_id, actor)
    if task is None:
        raise NotYoursError
    return task


async def complete_task(command: CompleteTask, desk: Desk) -> Mapping[str, Any]:
    """Record the outcome and lift the hold the task stood for.

    Raises `ConflictError` when it was done already, or asks for a coordinator and this is not the one.
    """
    task = await require_task(command.task_id, command.actor, desk)
    directory = await desk.projection.current()
    now = desk.database.clock.now()
    holds = task["code"] in _HOLDS or task["code"].startswith(RELEASE)
    done = not (holds and command.outcome in _NOT_YET)
    async with desk.database.transaction() as work:
        dossier = await desk.dossiers.load(work, task["plan_id"], directory, now)
        if dossier is None:
            raise NotYoursError
        asks_coordinator = task["code"] == COORDINATOR_CONFIRMATION
        if asks_coordinator and not Confirmer.of(command.actor, dossier.case).may_let_go(dossier.case):
            raise ConflictError(Conflict.COORDINATOR_NEEDED)  # or who invents cases would take them off her list
        closed = await desk.writes.finish_task(
            work, command.task_id, outcome=command.outcome.value, by=command.actor.subject, at=now, done=done
        )
        if not closed:
            raise ConflictError(Conflict.TASK_DONE)
        if holds and done and task["row_number"] is not None:
            release(dossier, task["row_number"], task["code"])
            announce(work, await desk.dossiers.save(work, [dossier]))
        work.record(
            "task_completed" if done else "task_answered",
            actor=command.actor,
            case_id=dossier.case.case_id,
            subject_id=command.task_id,
            code=task["code"],
            outcome=command.outcome.value,
        )
        answered = await desk.reads.task(work, command.task_id, command.actor)
    if answered is None:
        raise NotYoursError
    return answered
