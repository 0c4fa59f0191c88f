"""Between domain objects and rows. Sealing happens here, so that nothing of hers reaches a statement in clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import RowMapping

from unavez_referral_router.adapters.plan_document import seal_plan
from unavez_referral_router.adapters.tables import cases
from unavez_referral_router.domain.referrals.case import Case, PlanRecord
from unavez_referral_router.domain.referrals.changes import Step, TaskOrder, UnmetOrder
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.saved import NewCase, OpenedTask
from unavez_referral_router.domain.referrals.states import Status
from unavez_shared.privacy.fields import CaseCipher

_FIELDS = tuple(Referral.__dataclass_fields__)
_values = attrgetter(*_FIELDS)
MUTABLE = (
    "status",
    "version",
    "organization_id",
    "service_id",
    "receiving_type",
    "department",
    "entered_at",
    "offered_at",
    "respond_by",
    "accepted_at",
    "called_at",
    "escalated_at",
    "reason",
    "scope_version",
    "shown_at",
    "shown_status",
    "shown_version",
    "shown_reason",
    "asked_at",
)
"""Columns of a referral that change after it was made."""
CASE_COLUMNS = tuple(
    cases.c[name] for name in ("organization_id", "team", "focal_point", "captured_at", "demo", "author")
)


def case_of(row: RowMapping, cipher: CaseCipher) -> Case:
    """Return the case of a joined row."""
    author = row["author"]
    if author is not None:
        author = cipher.open(author, table="cases", column="author", case_id=row["case_id"], version=1).decode()
    return Case(
        case_id=row["case_id"],
        organization_id=row["organization_id"],
        team=tuple(row["team"]),
        focal_point=row["focal_point"],
        captured_at=row["captured_at"],
        demo=row["demo"],
        author=author,
    )


def record_of(row: RowMapping) -> PlanRecord:
    """Return the plan's own state of a joined row."""
    return PlanRecord(
        plan_id=row["plan_id"],
        version=row["version"],
        confirmed_by=row["confirmed_by"],
        second_confirmed_by=row["second_confirmed_by"],
        guards_answered=row["guards_answered"],
        released=frozenset(row["released"]),
        ended=frozenset(row["ended"]),
        waits_since=row["waits_since"],
    )


def referral_of(row: RowMapping) -> Referral:
    """Return the referral of a row."""
    values = {name: row[name] for name in _FIELDS}
    values["status"] = Status(row["status"])
    return Referral(**values)


def case_row(new: NewCase, cipher: CaseCipher) -> dict[str, Any]:
    """Return a new case as stored."""
    case = new.dossier.case
    facts = cipher.seal(orjson.dumps(new.facts), table="cases", column="facts", case_id=case.case_id, version=1)
    author = None
    if case.author is not None:
        author = cipher.seal(case.author.encode(), table="cases", column="author", case_id=case.case_id, version=1)
    return {
        "case_id": case.case_id,
        "organization_id": case.organization_id,
        "team": list(case.team),
        "focal_point": case.focal_point,
        "status": new.status,
        "captured_at": case.captured_at,
        "demo": case.demo,
        "version": new.version,
        "facts": facts,
        "registered_at": new.dossier.now,
        "author": author,
    }


def plan_row(new: NewCase, cipher: CaseCipher) -> dict[str, Any]:
    """Return a new plan as stored."""
    dossier = new.dossier
    return {
        **_state(dossier.record),
        "plan_id": dossier.record.plan_id,
        "case_id": dossier.case.case_id,
        "protocol_version": dossier.plan.protocol_version,
        "document": seal_plan(dossier.plan, cipher, dossier.case.case_id),
        "made_at": dossier.now,
    }


def record_update(record: PlanRecord) -> dict[str, Any]:
    """Return the parameters that update a plan's own state."""
    return {"the_id": record.plan_id, **_state(record)}


def referral_row(referral: Referral, number: int) -> dict[str, Any]:
    """Return a new referral as stored."""
    return {"number": number, **dict(zip(_FIELDS, _values(referral), strict=True))}


def referral_update(referral: Referral) -> dict[str, Any]:
    """Return the parameters that update a referral."""
    return {"the_id": referral.referral_id, **{name: getattr(referral, name) for name in MUTABLE}}


def history_row(step: Step, case_id: UUID, cipher: CaseCipher | None) -> dict[str, Any]:
    """Return one line of a referral's history as stored."""
    who = None
    if cipher is not None and step.who is not None:
        who = cipher.seal(
            step.who.encode(), table="referral_history", column="who", case_id=case_id, version=step.version
        )
    return {
        "referral_id": step.referral_id,
        "version": step.version,
        "status": step.status,
        "at": step.at,
        "party": step.party,
        "subject": step.subject,
        "reason": step.reason,
        "note_code": step.note_code,
        "channel": step.channel,
        "who": who,
        "shown_at": step.shown_at,
    }


def task_row(task: OpenedTask, dossier: Dossier) -> dict[str, Any]:
    """Return a new task as stored."""
    order = task.order
    return {
        "task_id": task.task_id,
        "plan_id": task.plan_id,
        "case_id": dossier.case.case_id,
        "organization_id": dossier.case.organization_id,
        "code": order.code,
        "row_number": order.row_number,
        "referral_id": order.referral_id,
        "service_type": order.service_type,
        "phone": order.phone,
        "phone_verified_on": _verified_on(order),
        "status": "open",
        "due_at": order.due_at,
        "opened_at": order.shown_at or dossier.now,
        "shown_at": order.shown_at,
        "receiver_organization_id": order.receiver_organization_id,
        "receiver_service_type": order.receiver_service_type,
    }


def joined_call(order: TaskOrder, plan_id: UUID) -> dict[str, Any]:
    """Return the parameters that make the call of a row, while it is open, that of its referral."""
    return {
        "the_plan": plan_id,
        "the_code": order.code,
        "the_row": order.row_number,
        "referral_id": order.referral_id,
        "phone": order.phone,
        "phone_verified_on": _verified_on(order),
    }


def _verified_on(order: TaskOrder) -> date | None:
    return None if order.phone_verified_on is None else date.fromisoformat(order.phone_verified_on)


def unmet_row(dossier: Dossier, order: UnmetOrder, unmet_id: UUID) -> dict[str, Any]:
    """Return a new unmet need as stored."""
    return {
        "unmet_id": unmet_id,
        "plan_id": dossier.record.plan_id,
        "case_id": dossier.case.case_id,
        "organization_id": dossier.case.organization_id,
        "row_number": order.row_number,
        "service_type": order.service_type,
        "code": order.code,
        "reason": order.reason,
        "found_at": order.shown_at or dossier.now,
        "shown_at": order.shown_at,
    }


def _state(record: PlanRecord) -> dict[str, Any]:
    return {
        "version": record.version,
        "confirmed_by": record.confirmed_by,
        "second_confirmed_by": record.second_confirmed_by,
        "guards_answered": record.guards_answered,
        "released": sorted(record.released),
        "ended": sorted(record.ended),
        "waits_since": record.waits_since,
    }


def recordset(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as the JSON that `json_populate_recordset` reads."""
    return orjson.dumps(lines, default=_column).decode()


def _column(value: Any) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)  # str: asyncpg's own kind of UUID
