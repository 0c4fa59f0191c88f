"""A named worker confirms a plan; a second one where the protocol asks for two; a task lifts a hold."""

from __future__ import annotations

from dataclasses import replace

from unavez_referral_router.domain.dossier import Dossier
from unavez_referral_router.domain.offers import settle
from unavez_shared.contracts.errors import ConflictError


def confirm(dossier: Dossier, subject: str, *, second: bool | None) -> bool:
    """Confirm as this person. Confirming a plan that shows its guards answers them. Tell whether anything changed.

    Raises `ConflictError`: the intake is not complete, or the second person is the first one again.
    """
    record = dossier.record
    if not dossier.plan.complete:
        raise ConflictError("intake_not_complete")
    if record.confirmed_by is None:
        if second:
            raise ConflictError("not_confirmed_yet")
        changed = replace(record, confirmed_by=subject, guards_answered=True)
    elif record.confirmed_by != subject and record.second_confirmed_by is None and second is not False:
        changed = replace(record, second_confirmed_by=subject, guards_answered=True)
    elif second and record.second_confirmed_by is None:
        raise ConflictError("same_person")
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
