"""Dossiers in the database: loaded under the plan's lock, saved with few statements however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from unavez_referral_router.adapters import rows
from unavez_referral_router.adapters.plan_document import open_plan
from unavez_referral_router.adapters.tables import cases, history, plans, referrals, tasks, unmet_needs
from unavez_referral_router.domain.changes import TaskOrder, UnmetOrder
from unavez_referral_router.domain.directory import Directory
from unavez_referral_router.domain.dossier import Dossier
from unavez_referral_router.use_cases.ports import NewCase, OpenedTask, Saved
from unavez_shared.contracts.errors import NotYoursError
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.case_keys import CaseKeys
from unavez_shared.privacy.ids import uuid7


class DossierStore:
    """Every command on a case goes through here; the plan's row lock makes commands on one case follow each other."""

    def __init__(self, keys: CaseKeys) -> None:
        self._keys = keys

    async def load(
        self, work: UnitOfWork, plan_id: UUID, directory: Directory, now: datetime, *, skip_locked: bool = False
    ) -> Dossier | None:
        """Lock and load one dossier; None when another command holds it and `skip_locked` was asked.

        Raises `NotYoursError` when there is no such plan.
        """
        dossier = await self._read(work, plan_id, directory, now, lock=True, skip_locked=skip_locked)
        if dossier is None and not skip_locked:
            raise NotYoursError
        return dossier

    async def show(self, work: UnitOfWork, plan_id: UUID, directory: Directory, now: datetime) -> Dossier | None:
        """Load one dossier to look at it."""
        return await self._read(work, plan_id, directory, now, lock=False, skip_locked=False)

    async def _read(
        self, work: UnitOfWork, plan_id: UUID, directory: Directory, now: datetime, *, lock: bool, skip_locked: bool
    ) -> Dossier | None:
        statement = select(plans, *rows.CASE_COLUMNS).join(cases, cases.c.case_id == plans.c.case_id)
        statement = statement.where(plans.c.plan_id == plan_id)
        if lock:
            statement = statement.with_for_update(of=plans, skip_locked=skip_locked)
        found = (await work.execute(statement)).mappings().one_or_none()
        if found is None:
            return None
        kept = await work.execute(select(referrals).where(referrals.c.plan_id == plan_id).order_by(referrals.c.number))
        cipher = await self._keys.get(found["case_id"])
        return Dossier(
            case=rows.case_of(found),
            record=rows.record_of(found),
            plan=open_plan(found["document"], cipher, found["case_id"]),
            directory=directory,
            now=now,
            referrals={row["referral_id"]: rows.referral_of(row) for row in kept.mappings()},
        )

    async def insert_cases(self, work: UnitOfWork, new: Sequence[NewCase]) -> None:
        """Write new cases and their plans, sealed."""
        ciphers = await self._keys.create_many(item.dossier.case.case_id for item in new)
        await work.execute(insert(cases), [rows.case_row(item, ciphers[item.dossier.case.case_id]) for item in new])
        await work.execute(insert(plans), [rows.plan_row(item, ciphers[item.dossier.case.case_id]) for item in new])

    async def save(self, work: UnitOfWork, dossiers: Sequence[Dossier]) -> list[Saved]:
        """Write what the dossiers' commands decided; tell which tasks and unmet needs are new."""
        await self._save_referrals(work, dossiers)
        await self._save_history(work, dossiers)
        records = [dossier for dossier in dossiers if dossier.changes.record_changed]
        if records:
            await work.execute(_UPDATE_PLAN, [rows.record_update(dossier.record) for dossier in records])
        opened = await self._save_tasks(work, dossiers)
        unmet = await self._save_unmet(work, dossiers)
        return [
            Saved(
                dossier=dossier,
                tasks=[task for task in opened if task.plan_id == dossier.record.plan_id],
                unmet=unmet.get(dossier.record.plan_id, {}),
            )
            for dossier in dossiers
        ]

    async def _save_unmet(self, work: UnitOfWork, dossiers: Sequence[Dossier]) -> dict[UUID, dict[UUID, UnmetOrder]]:
        orders = {uuid7(): (dossier, order) for dossier in dossiers for order in dossier.changes.unmet}
        new: dict[UUID, dict[UUID, UnmetOrder]] = {}
        if orders:
            lines = [rows.unmet_row(dossier, order, unmet_id) for unmet_id, (dossier, order) in orders.items()]
            added = await work.execute(_ADD_UNMET.values(lines))
            for unmet_id in added.scalars():
                dossier, order = orders[unmet_id]
                new.setdefault(dossier.record.plan_id, {})[unmet_id] = order
        return new

    async def _save_referrals(self, work: UnitOfWork, dossiers: Sequence[Dossier]) -> None:
        created = [
            rows.referral_row(referral, number)
            for dossier in dossiers
            for number, referral in enumerate(dossier.referrals.values())
            if referral.referral_id in dossier.changes.created
        ]
        if created:
            await work.execute(insert(referrals), created)
        updated = [
            rows.referral_update(referral) for dossier in dossiers for referral in dossier.changes.updated.values()
        ]
        if updated:
            await work.execute(_UPDATE_REFERRAL, updated)

    async def _save_history(self, work: UnitOfWork, dossiers: Sequence[Dossier]) -> None:
        lines = []
        for dossier in dossiers:
            for step in dossier.changes.steps:
                cipher = await self._keys.get(dossier.case.case_id) if step.who is not None else None
                lines.append(rows.history_row(step, dossier.case.case_id, cipher))
        if lines:
            await work.execute(insert(history), lines)

    async def _save_tasks(self, work: UnitOfWork, dossiers: Sequence[Dossier]) -> list[OpenedTask]:
        wanted: dict[tuple[Any, ...], tuple[Dossier, TaskOrder]] = {}
        for dossier in dossiers:
            for order in dossier.changes.tasks:
                key = (dossier.record.plan_id, order.code, order.row_number, order.referral_id)
                wanted.setdefault(key, (dossier, order))
        if not wanted:
            return []
        known = await work.execute(
            select(tasks.c.plan_id, tasks.c.code, tasks.c.row_number, tasks.c.referral_id).where(
                tasks.c.plan_id.in_({key[0] for key in wanted})
            )
        )
        for row in known:
            wanted.pop(tuple(row), None)
        opened = [
            OpenedTask(task_id=uuid7(), plan_id=dossier.record.plan_id, order=order)
            for dossier, order in wanted.values()
        ]
        if opened:
            owners = [dossier for dossier, _ in wanted.values()]
            lines = [rows.task_row(task, dossier) for task, dossier in zip(opened, owners, strict=True)]
            await work.execute(insert(tasks), lines)
        return opened


_ADD_UNMET = upsert(unmet_needs).on_conflict_do_nothing().returning(unmet_needs.c.unmet_id)
_UPDATE_REFERRAL = (
    update(referrals)
    .where(referrals.c.referral_id == bindparam("the_id"))
    .values({name: bindparam(name) for name in rows.MUTABLE})
)
_UPDATE_PLAN = (
    update(plans)
    .where(plans.c.plan_id == bindparam("the_id"))
    .values(
        {
            name: bindparam(name)
            for name in ("version", "confirmed_by", "second_confirmed_by", "guards_answered", "released", "ended")
        }
    )
)
