"""What her team sees from now on: the rows of a plan whose time has come, or of a row of it that is shown early."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, any_, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Integer

from unavez_referral_router.adapters.scope import seen
from unavez_referral_router.adapters.tables import history, referrals, tasks, unmet_needs
from unavez_referral_router.domain.referrals.changes import TaskOrder, UnmetOrder
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.saved import NewWork, OpenedTask
from unavez_shared.persistence.database import UnitOfWork


async def show(work: UnitOfWork, dossier: Dossier) -> NewWork:
    """Show history, tasks and unmet needs; each gets the time it is seen at, which says nothing of the true one."""
    now, plan_id = dossier.now, dossier.record.plan_id
    rows = any_(literal(sorted(dossier.changes.shown_rows), ARRAY(Integer)))
    of_plan = select(referrals.c.referral_id).where(referrals.c.plan_id == plan_id)
    of_rows = of_plan.where(referrals.c.row_number == rows)
    await work.execute(
        update(history)
        .where(
            history.c.shown_at.is_not(None),
            history.c.referral_id.in_(of_plan),
            or_(seen(history, now), history.c.referral_id.in_(of_rows)),
        )
        .values(_at(history, "at", now))
    )
    opened = await _show(work, tasks, "opened_at", plan_id, rows, now)
    found = await _show(work, unmet_needs, "found_at", plan_id, rows, now)
    return NewWork(
        tasks=[OpenedTask(task["task_id"], plan_id, _task_order(task)) for task in opened],
        unmet={need["unmet_id"]: _unmet_order(need) for need in found},
    )


async def _show(
    work: UnitOfWork, table: Table, time: str, plan_id: UUID, rows: ColumnElement[Any], now: datetime
) -> list[Mapping[str, Any]]:
    shown = await work.execute(
        update(table)
        .where(table.c.plan_id == plan_id, table.c.shown_at.is_not(None))
        .where(or_(seen(table, now), table.c.row_number == rows))
        .values(_at(table, time, now))
        .returning(table)
    )
    return [dict(row) for row in shown.mappings()]


def _at(table: Table, time: str, now: datetime) -> dict[str, Any]:
    return {time: func.least(table.c.shown_at, now), "shown_at": None}


def _task_order(row: Mapping[str, Any]) -> TaskOrder:
    return TaskOrder(
        row["code"], row["due_at"], row["row_number"], row["referral_id"], service_type=row["service_type"]
    )


def _unmet_order(row: Mapping[str, Any]) -> UnmetOrder:
    return UnmetOrder(row["row_number"], row["service_type"], row["code"], row["reason"])
