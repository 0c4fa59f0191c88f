"""Everything the router is asked to show, within what the actor may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, Uuid, and_, any_, case, func, literal, not_, or_, select, tuple_, union
from sqlalchemy.dialects.postgresql import ARRAY

from unavez_referral_router.adapters.rows import referral_of
from unavez_referral_router.adapters.scope import own_cases, seen, visible_referrals
from unavez_referral_router.adapters.tables import cases, history, referrals, tasks, unmet_needs
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.case_keys import CaseKeys

_TASKS = (
    select(
        *(column for column in tasks.c if column.name not in {"receiver_organization_id", "receiver_service_type"}),
        func.coalesce(referrals.c.organization_id, tasks.c.receiver_organization_id).label("receiver_organization_id"),
        func.coalesce(referrals.c.receiving_type, tasks.c.receiver_service_type).label("receiver_service_type"),
    )
    .join(cases, cases.c.case_id == tasks.c.case_id)
    .outerjoin(referrals, referrals.c.referral_id == tasks.c.referral_id)
)
"""A task, and who has to be called or visited for it."""


class Reads:
    """The queries."""

    def __init__(self, keys: CaseKeys) -> None:
        self._keys = keys

    async def known_cases(self, work: UnitOfWork, case_ids: Collection[UUID]) -> set[UUID]:
        """Return those of these cases that have a plan."""
        found = await work.execute(select(cases.c.case_id).where(cases.c.case_id.in_(list(case_ids))))
        return set(found.scalars())

    async def case(self, work: UnitOfWork, case_id: UUID, actor: Actor) -> UUID | None:
        """Return the id of a case this actor may see, locked; None when there is none such."""
        found = await work.execute(
            select(cases.c.case_id).where(cases.c.case_id == case_id, own_cases(actor)).with_for_update()
        )
        return found.scalar_one_or_none()

    async def referral(self, work: UnitOfWork, referral_id: UUID, actor: Actor) -> Referral | None:
        """Return one referral this actor may see."""
        now = work.now()
        found = await work.execute(_visible(actor, now).where(referrals.c.referral_id == referral_id))
        row = found.mappings().one_or_none()
        return None if row is None else _shown(row, actor, now)

    async def referrals(
        self,
        work: UnitOfWork,
        actor: Actor,
        *,
        status: str | None,
        service_type: str | None,
        after: UUID | None,
        limit: int,
    ) -> list[Referral]:
        """Return a page of referrals this actor may see, ordered by id."""
        now = work.now()
        statement = _visible(actor, now).order_by(referrals.c.referral_id).limit(limit)
        if status is not None:
            as_seen = case((seen(referrals, now), referrals.c.status), else_=referrals.c.shown_status)
            statement = statement.where((referrals.c.status if actor.role is Role.AGENCY else as_seen) == status)
        if service_type is not None:
            statement = statement.where(referrals.c.service_type == service_type)
        if after is not None:
            statement = statement.where(referrals.c.referral_id > after)
        shown = [_shown(row, actor, now) for row in (await work.execute(statement)).mappings()]
        return [referral for referral in shown if referral is not None]

    async def offered_before(self, work: UnitOfWork, referral: Referral) -> list[dict[str, Any]]:
        """Return every organization this row was offered to, in order: for its own team only."""
        found = await work.execute(
            select(referrals)
            .where(
                referrals.c.plan_id == referral.plan_id,
                referrals.c.row_number == referral.row_number,
                referrals.c.offered_at.is_not(None),
            )
            .order_by(referrals.c.number)
        )
        now = work.now()
        seen_now = [referral_of(row).as_team_sees(now) for row in found.mappings()]
        return [
            {
                "referral_id": one.referral_id,
                "organization_id": one.organization_id,
                "status": one.status.value,
                "offered_at": one.offered_at,
            }
            for one in seen_now
            if one is not None and one.offered_at is not None
        ]

    async def history(self, work: UnitOfWork, referral: Referral) -> list[dict[str, Any]]:
        """Return who moved a referral, when and why: for its own team only."""
        found = (
            await work.execute(
                select(history, func.coalesce(history.c.shown_at, history.c.at).label("at_seen"))
                .where(history.c.referral_id == referral.referral_id, seen(history, work.now()))
                .order_by(history.c.version)
            )
        ).mappings()
        lines = []
        for row in found:
            who = None
            if row["who"] is not None:
                cipher = await self._keys.get(referral.case_id)
                who = cipher.open(
                    row["who"],
                    table="referral_history",
                    column="who",
                    case_id=referral.case_id,
                    version=row["version"],
                ).decode()
            names = ("version", "status", "party", "subject", "reason", "note_code", "channel")
            lines.append({**{name: row[name] for name in names}, "at": row["at_seen"], "who": who})
        return lines

    async def tasks(
        self, work: UnitOfWork, actor: Actor, *, status: str, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[Any]:
        """Return a page of tasks of the actor's cases, the most urgent first."""
        statement = _TASKS.where(own_cases(actor), seen(tasks, work.now()), tasks.c.status == status)
        statement = statement.order_by(tasks.c.due_at, tasks.c.task_id).limit(limit)
        if after is not None:
            statement = statement.where(tuple_(tasks.c.due_at, tasks.c.task_id) > after)
        return (await work.execute(statement)).mappings().all()

    async def task(self, work: UnitOfWork, task_id: UUID, actor: Actor) -> Any | None:
        """Return one task of the actor's cases."""
        statement = _TASKS.where(tasks.c.task_id == task_id, own_cases(actor), seen(tasks, work.now()))
        return (await work.execute(statement)).mappings().one_or_none()

    async def unmet_of_plan(self, work: UnitOfWork, plan_id: UUID) -> Sequence[Any]:
        """Return the unmet needs of one plan in the order of its rows."""
        statement = (
            select(unmet_needs)
            .where(unmet_needs.c.plan_id == plan_id, seen(unmet_needs, work.now()))
            .order_by(unmet_needs.c.row_number, unmet_needs.c.found_at)
        )
        return (await work.execute(statement)).mappings().all()

    async def unmet_needs(
        self, work: UnitOfWork, actor: Actor, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[Any]:
        """Return a page of unmet needs of the actor's cases, oldest first."""
        statement = (
            select(unmet_needs)
            .join(cases, cases.c.case_id == unmet_needs.c.case_id)
            .where(own_cases(actor), seen(unmet_needs, work.now()))
            .order_by(unmet_needs.c.found_at, unmet_needs.c.unmet_id)
            .limit(limit)
        )
        if after is not None:
            statement = statement.where(tuple_(unmet_needs.c.found_at, unmet_needs.c.unmet_id) > after)
        return (await work.execute(statement)).mappings().all()

    async def due_offers(
        self, work: UnitOfWork, now: datetime, call_before: datetime, limit: int, *, without: Collection[UUID]
    ) -> list[tuple[UUID, UUID]]:
        """Return (plan, referral) of the offers a timer has to look at: unanswered in time, or vital and silent.

        But for those of the plans in `without`.
        """
        waiting = and_(referrals.c.status == "requested", referrals.c.escalated_at.is_(None))
        silent = and_(
            referrals.c.status == "requested",
            referrals.c.basis == "vital_interest",
            referrals.c.called_at.is_(None),
            referrals.c.offered_at <= call_before,
        )
        statement = (
            select(referrals.c.plan_id, referrals.c.referral_id)
            .where(
                or_(and_(waiting, referrals.c.respond_by <= now), silent),
                not_(referrals.c.plan_id == any_(literal(list(without), ARRAY(Uuid)))),
            )
            .order_by(referrals.c.respond_by)
            .limit(limit)
        )
        return [(row.plan_id, row.referral_id) for row in await work.execute(statement)]

    async def due_to_show(self, work: UnitOfWork, limit: int, *, without: Collection[UUID]) -> list[tuple[UUID, UUID]]:
        """Return (plan, plan) of the plans of which her team is to see more, but for those in `without`."""
        now = work.now()
        clocked = (referrals, tasks, unmet_needs)
        due = union(*(select(table.c.plan_id).where(table.c.shown_at <= now) for table in clocked))
        plan_id = due.subquery().c.plan_id
        found = await work.execute(
            select(plan_id).where(not_(plan_id == any_(literal(list(without), ARRAY(Uuid))))).limit(limit)
        )
        return [(one, one) for one in found.scalars()]

    async def plan_of_referral(self, work: UnitOfWork, referral_id: UUID, organization_id: UUID) -> UUID | None:
        """Return the plan of a referral this organization was offered."""
        statement = select(referrals.c.plan_id).where(
            referrals.c.referral_id == referral_id, referrals.c.organization_id == organization_id
        )
        return (await work.execute(statement)).scalar_one_or_none()

    async def unanswered_by(self, work: UnitOfWork, organization_id: UUID) -> list[tuple[UUID, UUID]]:
        """Return (plan, referral) of every offer an organization has not answered."""
        statement = select(referrals.c.plan_id, referrals.c.referral_id).where(
            referrals.c.organization_id == organization_id, referrals.c.status == "requested"
        )
        return [(row.plan_id, row.referral_id) for row in await work.execute(statement)]


def _visible(actor: Actor, now: datetime) -> Select[Any]:
    shown = select(referrals, cases.c.captured_at).join(cases, cases.c.case_id == referrals.c.case_id)
    return shown.where(visible_referrals(actor, now))


def _shown(row: RowMapping, actor: Actor, now: datetime) -> Referral | None:
    """Return the referral as its team sees it now, or as an agency may know it: with its own `due_at`."""
    referral = referral_of(row)
    return referral.as_receiver_sees(row["captured_at"]) if actor.role is Role.AGENCY else referral.as_team_sees(now)
