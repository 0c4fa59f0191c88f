"""A named worker confirms a plan; a second one where the protocol asks for two; a task lifts a hold.

The plan of a draft or paused intake is confirmed by nobody; a guard of a vital offer in it is answered all the same: a
life does not wait until the interview is complete (peru.md 5.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from unavez_referral_router.domain.dossier import Dossier, PlanRecord
from unavez_referral_router.domain.offers import settle
from unavez_referral_router.domain.row import VITAL, Plan, Row
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError


def first_record(plan_id: UUID, plan: Plan, confirmed_by: str | None, second_confirmed_by: str | None) -> PlanRecord:
    """Return the state of a plan whose intake was posted with these confirmations.

    In a draft they answer the guards of vital offers, where the posted digest is of a preview that showed all of them.
    """
    if confirmed_by is None:
        return PlanRecord(plan_id)
    if plan.complete:
        return PlanRecord(plan_id, confirmed_by=confirmed_by, second_confirmed_by=second_confirmed_by)
    return PlanRecord(plan_id, guards_answered=all(row.shown for row in _guarded(plan)))


def confirm(dossier: Dossier, subject: str, *, second: bool | None) -> bool:
    """Confirm as this person. Confirming a plan that shows its guards answers them. Tell whether anything changed.

    Raises `ConflictError`: the intake is not complete and nothing vital waits for an answer, or the second person is
    the first one again.
    """
    record = dossier.record
    if not dossier.plan.complete:
        if not any(_guarded(dossier.plan)):
            raise ConflictError(Conflict.INTAKE_NOT_COMPLETE)
        changed = replace(record, guards_answered=True)
    elif record.confirmed_by is None:
        if second:
            raise ConflictError(Conflict.NOT_CONFIRMED_YET)
        changed = replace(record, confirmed_by=subject, guards_answered=True)
    elif record.confirmed_by != subject and record.second_confirmed_by is None and second is not False:
        changed = replace(record, second_confirmed_by=subject, guards_answered=True)
    elif second and record.second_confirmed_by is None:
        raise ConflictError(Conflict.SAME_PERSON)
    else:
        changed = replace(record, guards_answered=True)
    if changed == record:
        return False
    dossier.remember_grants()
    dossier.update_record(changed)
    settle(dossier)
    dossier.tell_rescoped()
    return True


def release(dossier: Dossier, row_number: int, code: str) -> None:
    """Lift the hold a completed task stood for."""
    dossier.remember_grants()
    dossier.update_record(replace(dossier.record, released=dossier.record.released | {f"{row_number}:{code}"}))
    settle(dossier)
    dossier.tell_rescoped()


def _guarded(plan: Plan) -> Iterator[Row]:
    """Yield the rows whose vital rule waits for an answer to its guard."""
    return (row for row in plan.rows if any(rule.basis == VITAL and rule.open_guards for rule in row.rules))
