"""Work for people: list it, finish it, and let go what waited for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.domain.referrals.decisions.confirmation import Confirmer, release
from unavez_referral_router.domain.referrals.decisions.offers import COORDINATOR_CONFIRMATION
from unavez_referral_router.use_cases.announce import announce
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError, NotYoursError
from unavez_shared.persistence.database import UnitOfWork
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


Task = Mapping[str, Any]
"""A task by the names of its columns, and who has to be called or visited for it."""


@dataclass(frozen=True, slots=True)
class CompleteTask:
    """An outcome of one task, as it was found."""

    actor: Actor
    task: Task
    outcome: Outcome


async def list_tasks(
    actor: Actor, work: UnitOfWork, stores: Stores, *, status: str, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Task]:
    """Return a page of tasks, one more than asked when there are more."""
    return await stores.reads.tasks(work, actor, status=status, after=after, limit=limit + 1)


async def list_unmet_needs(
    actor: Actor, work: UnitOfWork, stores: Stores, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return a page of what was needed and nobody gave, one more than asked when there are more."""
    return await stores.reads.unmet_needs(work, actor, after=after, limit=limit + 1)


async def find_task(task_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores) -> Task | None:
    """Return a task of the actor's cases."""
    found: Task | None = await stores.reads.task(work, task_id, actor)
    return found


async def complete_task(command: CompleteTask, work: UnitOfWork, stores: Stores) -> Task:
    """Record the outcome, lift the hold the task stood for, and return the task as it is then.

    Raises `ConflictError` when it was done already, or asks for a coordinator and this is not the one.
    """
    task, actor = command.task, command.actor
    holds = task["code"] in _HOLDS or task["code"].startswith(RELEASE)
    done = not (holds and command.outcome in _NOT_YET)
    directory = await stores.projection.current(work)
    dossier = await stores.dossiers.load(work, task["plan_id"], directory)
    if dossier is None:
        raise NotYoursError
    asks_coordinator = task["code"] == COORDINATOR_CONFIRMATION
    if asks_coordinator and not Confirmer.of(actor, dossier.case).may_let_go(dossier.case):
        raise ConflictError(Conflict.COORDINATOR_NEEDED)  # or who invents cases would take them off her list
    closed = await stores.writes.finish_task(
        work, task["task_id"], outcome=command.outcome.value, by=actor.subject, at=dossier.now, done=done
    )
    if not closed:
        raise ConflictError(Conflict.TASK_DONE)
    if holds and done and task["row_number"] is not None:
        release(dossier, task["row_number"], task["code"])
        announce(work, await stores.dossiers.save(work, [dossier]))
    work.record(
        "task_completed" if done else "task_answered",
        actor=actor,
        case_id=dossier.case.case_id,
        subject_id=task["task_id"],
        code=task["code"],
        outcome=command.outcome.value,
    )
    answered = await find_task(task["task_id"], actor, work, stores)  # what was released may have a receiver now
    if answered is None:
        raise NotYoursError
    return answered
