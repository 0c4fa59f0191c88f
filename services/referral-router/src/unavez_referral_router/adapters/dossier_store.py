"""Dossiers in the database: loaded under the plan's lock, saved with few statements however many there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, select, text, update

from unavez_referral_router.adapters import rows
from unavez_referral_router.adapters.plan_document import open_plan
from unavez_referral_router.adapters.scope import of_visible_referral, own_cases
from unavez_referral_router.adapters.shown import show
from unavez_referral_router.adapters.tables import cases, plans, referrals, tasks
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.saved import NewCase, NewWork, OpenedTask, Saved
from unavez_shared.contracts.actor import Actor
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.case_keys import CaseKeys
from unavez_shared.privacy.ids import random_id

Line = Mapping[str, Any]
"""One row, column by column."""


class DossierStore:
    """Every command on a case goes through here; the plan's row lock makes commands on one case follow each other."""

    def __init__(self, keys: CaseKeys) -> None:
        self._keys = keys

    async def load(
        self,
        work: UnitOfWork,
        plan_id: UUID,
        directory: Directory,
        *,
        actor: Actor | None = None,
        skip_locked: bool = False,
    ) -> Dossier | None:
        """Lock and load one dossier, of the actor's cases when one is named; None when there is none such.

        With `skip_locked` also None while another command has it.
        """
        wanted = plans.c.plan_id == plan_id
        if actor is not None:
            wanted = and_(wanted, own_cases(actor))
        return await self._read(work, wanted, directory, lock=True, skip_locked=skip_locked)

    async def load_of_referral(
        self, work: UnitOfWork, referral_id: UUID, actor: Actor, directory: Directory
    ) -> Dossier | None:
        """Lock and load the dossier of a referral this actor may see; None when there is none such."""
        return await self._read(work, of_visible_referral(referral_id, actor, work.now()), directory, lock=True)

    async def show(self, work: UnitOfWork, plan_id: UUID, directory: Directory) -> Dossier | None:
        """Load one dossier to look at it."""
        return await self._read(work, plans.c.plan_id == plan_id, directory, lock=False)

    async def show_of_case(self, work: UnitOfWork, case_id: UUID, actor: Actor) -> Dossier | None:
        """Load the dossier of a case of this actor's, to look at it without the directory."""
        wanted = and_(plans.c.case_id == case_id, own_cases(actor))
        return await self._read(work, wanted, Directory(), lock=False)

    async def _read(
        self,
        work: UnitOfWork,
        wanted: ColumnElement[bool],
        directory: Directory,
        *,
        lock: bool,
        skip_locked: bool = False,
    ) -> Dossier | None:
        now = work.now()
        statement = select(plans, *rows.CASE_COLUMNS).join(cases, cases.c.case_id == plans.c.case_id).where(wanted)
        if lock:
            statement = statement.with_for_update(of=plans, skip_locked=skip_locked)
        found = (await work.execute(statement)).mappings().one_or_none()
        if found is None:
            return None
        of_plan = select(referrals).where(referrals.c.plan_id == found["plan_id"]).order_by(referrals.c.number)
        kept = await work.execute(of_plan)
        cipher = await self._keys.get(found["case_id"])
        return Dossier(
            case=rows.case_of(found, cipher),
            record=rows.record_of(found),
            plan=open_plan(found["document"], cipher, found["case_id"]),
            directory=directory,
            now=now,
            referrals={row["referral_id"]: rows.referral_of(row) for row in kept.mappings()},
        )

    async def make_keys(self, case_ids: Collection[UUID]) -> None:
        """Make the keys of new cases durable, before anything is sealed under them."""
        await self._keys.create_many(case_ids)

    async def insert(self, work: UnitOfWork, new: Sequence[NewCase]) -> list[Saved]:
        """Write new cases and plans, sealed, with what was decided about them; make the keys that are missing."""
        ciphers = await self._keys.create_many(item.dossier.case.case_id for item in new)
        return await self._write(
            work,
            [item.dossier for item in new],
            new_cases=[rows.case_row(item, ciphers[item.dossier.case.case_id]) for item in new],
            new_plans=[rows.plan_row(item, ciphers[item.dossier.case.case_id]) for item in new],
        )

    async def save(self, work: UnitOfWork, dossiers: Sequence[Dossier]) -> list[Saved]:
        """Write what the dossiers' commands decided; return which tasks and unmet needs her team sees from now on."""
        updated = [
            rows.referral_update(referral) for dossier in dossiers for referral in dossier.changes.updated.values()
        ]
        if updated:
            await work.execute(_UPDATE_REFERRAL, updated)
        records = [dossier for dossier in dossiers if dossier.changes.record_changed]
        if records:
            await work.execute(_UPDATE_PLAN, [rows.record_update(dossier.record) for dossier in records])
        shown = {dossier.record.plan_id: await show(work, dossier) for dossier in dossiers if dossier.changes.shows}
        joined = [
            rows.joined_call(order, dossier.record.plan_id)
            for dossier in dossiers
            for order in dossier.changes.joined_calls
        ]
        if joined:
            await work.execute(_JOIN_CALL, joined)
        saved = await self._write(work, dossiers)
        return [replace(item, shown=shown.get(item.dossier.record.plan_id, item.shown)) for item in saved]

    async def _write(
        self,
        work: UnitOfWork,
        dossiers: Sequence[Dossier],
        *,
        new_cases: Sequence[Line] = (),
        new_plans: Sequence[Line] = (),
    ) -> list[Saved]:
        tasks = [
            (OpenedTask(task_id=random_id(), plan_id=dossier.record.plan_id, order=order), dossier)
            for dossier in dossiers
            for order in dossier.changes.tasks
        ]
        unmet = [(random_id(), order, dossier) for dossier in dossiers for order in dossier.changes.unmet]
        lines = {
            "cases": new_cases,
            "plans": new_plans,
            "referrals": _referrals(dossiers),
            "history": await self._history(dossiers),
            "unmet": [rows.unmet_row(dossier, order, unmet_id) for unmet_id, order, dossier in unmet],
            "tasks": [rows.task_row(task, dossier) for task, dossier in tasks],
        }
        new: Collection[UUID] = ()
        if any(lines.values()):
            recordsets = {name: rows.recordset(table) for name, table in lines.items()}
            new = set((await work.execute(_INSERT, recordsets)).scalars())
        seen_tasks = [(task, owner) for task, owner in tasks if task.task_id in new and task.order.shown_at is None]
        seen_unmet = [each for each in unmet if each[0] in new and each[1].shown_at is None]
        return [
            Saved(
                dossier=dossier,
                new=NewWork(
                    tasks=[task for task, owner in seen_tasks if owner is dossier],
                    unmet={unmet_id: order for unmet_id, order, owner in seen_unmet if owner is dossier},
                ),
            )
            for dossier in dossiers
        ]

    async def _history(self, dossiers: Sequence[Dossier]) -> list[Line]:
        lines: list[Line] = []
        for dossier in dossiers:
            for step in dossier.changes.steps:
                cipher = await self._keys.get(dossier.case.case_id) if step.who is not None else None
                lines.append(rows.history_row(step, dossier.case.case_id, cipher))
        return lines


def _referrals(dossiers: Sequence[Dossier]) -> list[Line]:
    return [
        rows.referral_row(referral, number)
        for dossier in dossiers
        for number, referral in enumerate(dossier.referrals.values())
        if referral.referral_id in dossier.changes.created
    ]


_INSERT = text(
    """
    WITH new_cases AS (
        INSERT INTO cases SELECT * FROM json_populate_recordset(NULL::cases, CAST(:cases AS json))
    ), new_plans AS (
        INSERT INTO plans SELECT * FROM json_populate_recordset(NULL::plans, CAST(:plans AS json))
    ), new_referrals AS (
        INSERT INTO referrals SELECT * FROM json_populate_recordset(NULL::referrals, CAST(:referrals AS json))
    ), new_history AS (
        INSERT INTO referral_history
        SELECT * FROM json_populate_recordset(NULL::referral_history, CAST(:history AS json))
    ), new_unmet AS (
        INSERT INTO unmet_needs SELECT * FROM json_populate_recordset(NULL::unmet_needs, CAST(:unmet AS json))
        ON CONFLICT DO NOTHING
        RETURNING unmet_id
    ), new_tasks AS (
        INSERT INTO tasks SELECT * FROM json_populate_recordset(NULL::tasks, CAST(:tasks AS json))
        ON CONFLICT DO NOTHING
        RETURNING task_id
    )
    SELECT task_id FROM new_tasks UNION ALL SELECT unmet_id FROM new_unmet
    """
)
"""Everything a command adds, in one round trip; the tasks and unmet needs that were not on record come back."""
_UPDATE_REFERRAL = (
    update(referrals)
    .where(referrals.c.referral_id == bindparam("the_id"))
    .values({name: bindparam(name) for name in rows.MUTABLE})
)
_JOIN_CALL = (
    update(tasks)
    .where(
        tasks.c.plan_id == bindparam("the_plan"),
        tasks.c.code == bindparam("the_code"),
        tasks.c.row_number == bindparam("the_row"),
        tasks.c.referral_id.is_(None),
        tasks.c.status == "open",
    )
    .values({name: bindparam(name) for name in ("referral_id", "phone", "phone_verified_on")})
)
"""Before the new tasks are written: the same call is then on record already."""
_UPDATE_PLAN = (
    update(plans)
    .where(plans.c.plan_id == bindparam("the_id"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "version",
                "confirmed_by",
                "second_confirmed_by",
                "guards_answered",
                "released",
                "ended",
                "waits_since",
            )
        }
    )
)
