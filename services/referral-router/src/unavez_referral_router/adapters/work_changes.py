"""Two small writes on a case that are no plan decision: a finished task, a new focal point."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from unavez_referral_router.adapters.tables import cases, tasks
from unavez_shared.persistence.database import UnitOfWork


class SqlWrites:
    """The writes."""

    async def finish_task(
        self, work: UnitOfWork, task_id: UUID, *, outcome: str, by: str, at: datetime, done: bool
    ) -> bool:
        """Record an outcome; `done` closes the task. Tell whether it was open."""
        statement = (
            update(tasks)
            .where(tasks.c.task_id == task_id, tasks.c.status == "open")
            .values(
                outcome=outcome,
                completed_by=by,
                completed_at=at if done else None,
                status="done" if done else "open",
            )
        )
        return (await work.execute(statement)).rowcount == 1

    async def set_focal_point(self, work: UnitOfWork, case_id: UUID, subject: str) -> None:
        """Name the person who answers for a case."""
        await work.execute(update(cases).where(cases.c.case_id == case_id).values(focal_point=subject))
