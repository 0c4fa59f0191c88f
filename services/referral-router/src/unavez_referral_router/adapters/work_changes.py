"""Small writes on a case that are no plan decision: a finished task, a focal point, an owner, clocks that end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, any_, func, literal, or_, update
from sqlalchemy.dialects.postgresql import ARRAY

from unavez_referral_router.adapters.tables import cases, referrals, tasks, unmet_needs
from unavez_shared.persistence.database import UnitOfWork


class Writes:
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

    async def close_tasks(
        self, work: UnitOfWork, plan_id: UUID, codes: Collection[str], *, by: str, at: datetime
    ) -> None:
        """Record a plan's open tasks of these codes as done: what they ask for was given by another way."""
        if not codes:
            return
        mine = (tasks.c.plan_id == plan_id, tasks.c.code.in_(codes), tasks.c.status == "open")
        done = {"status": "done", "outcome": "done", "completed_by": by, "completed_at": at}
        await work.execute(update(tasks).where(*mine).values(done))

    async def let_rest(self, work: UnitOfWork, plan_id: UUID, at: datetime) -> Sequence[tuple[UUID, UUID]]:
        """Take a plan's open offers out of the clocks; return (case, referral) of each.

        Both clocks look at clear columns only, so it works on a case nobody can open any more.
        """
        one = referrals.c
        statement = (
            update(referrals)
            .where(one.plan_id == plan_id, one.status == "requested")
            .where(or_(one.escalated_at.is_(None), one.called_at.is_(None)))
            .values(escalated_at=func.coalesce(one.escalated_at, at), called_at=func.coalesce(one.called_at, at))
            .returning(one.case_id, one.referral_id)
        )
        return [(row.case_id, row.referral_id) for row in await work.execute(statement)]

    async def show_rest(self, work: UnitOfWork, plan_id: UUID) -> None:
        """Take what her team has not seen of a plan out of the clock, and tell nobody."""
        for table in (referrals, tasks, unmet_needs):
            statement = update(table).where(table.c.plan_id == plan_id, table.c.shown_at.is_not(None))
            await work.execute(statement.values(shown_at=None))

    async def set_focal_point(self, work: UnitOfWork, case_id: UUID, subject: str) -> None:
        """Name the person who answers for a case."""
        await work.execute(update(cases).where(cases.c.case_id == case_id).values(focal_point=subject))

    async def adopt_cases(self, work: UnitOfWork, organization_id: UUID) -> Sequence[UUID]:
        """Give every case without a team to an organization; return those that were not its own."""
        whose = cases.c.organization_id
        found = await work.execute(
            update(cases)
            .where(func.cardinality(cases.c.team) == 0, whose != organization_id)
            .values({whose: organization_id})
            .returning(cases.c.case_id)
        )
        adopted = list(found.scalars())
        for column in (referrals.c.team_organization_id, tasks.c.organization_id, unmet_needs.c.organization_id):
            of_them = column.table.c.case_id == any_(literal(adopted, ARRAY(Uuid)))
            await work.execute(update(column.table).where(of_them).values({column: organization_id}))
        return adopted
