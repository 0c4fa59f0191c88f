"""A named worker confirms a plan; a coordinator where a second person, or she first, is asked for; a task lifts a hold.

The plan of a draft or paused intake is confirmed by nobody; a guard of a vital offer in it is answered all the same: a
life does not wait until the interview is complete (PROTOCOL 5.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from unavez_referral_router.domain.plan.conditions import withheld_for
from unavez_referral_router.domain.plan.holds import release_key
from unavez_referral_router.domain.plan.plan import VITAL, Plan, Row
from unavez_referral_router.domain.referrals.case import Case, PlanRecord
from unavez_referral_router.domain.referrals.decisions.offers import settle
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError


@dataclass(frozen=True, slots=True)
class Confirmer:
    """Who confirms: the token's `sub`."""

    subject: str
    coordinator: bool = False
    """She coordinates the organization of the case."""

    @classmethod
    def of(cls, actor: Actor, case: Case) -> Confirmer:
        """Return the actor as the case sees her."""
        coordinator = actor.role is Role.COORDINATOR and actor.organization_id == case.organization_id
        return cls(actor.subject, coordinator)

    def may_let_go(self, case: Case) -> bool:
        """Tell whether a case that waits for a coordinator waits for her: not for who registered it."""
        return self.coordinator and self.subject != case.author


def first_record(
    plan_id: UUID, plan: Plan, confirmed_by: str | None, *, waits_since: datetime | None = None
) -> PlanRecord:
    """Return the state of a plan whose intake was posted with this confirmation.

    In a draft it answers the guards of vital offers, where the posted digest is of a preview that showed all of them.
    """
    record = PlanRecord(plan_id, waits_since=waits_since)
    if confirmed_by is None:
        return record
    if plan.complete:
        return replace(record, confirmed_by=confirmed_by)
    return replace(record, guards_answered=all(row.shown for row in _guarded(plan)))


def confirm(dossier: Dossier, by: Confirmer, *, second: bool | None) -> bool:
    """Confirm as this person. Confirming a plan that shows its guards answers them. Tell whether anything changed.

    A coordinator who did not register the case also ends its waiting for one: what she confirms leaves in one step.
    Raises `ConflictError`: the intake is not complete and nothing in it waits for an answer, the second person is the
    first one again, or nothing is left to confirm but for a coordinator.
    """
    record = dossier.record
    changed = replace(_confirmed(dossier, by, second), guards_answered=True)
    if by.may_let_go(dossier.case):
        changed = replace(changed, waits_since=None)
    if changed == record:
        if _waits_for_another(dossier, by, second):
            raise ConflictError(Conflict.COORDINATOR_NEEDED)
        return False
    dossier.record_grants()
    dossier.update_record(changed)
    settle(dossier)
    dossier.record_rescoped()
    return True


def _confirmed(dossier: Dossier, by: Confirmer, second: bool | None) -> PlanRecord:
    record = dossier.record
    if not dossier.plan.complete:
        if record.waits_since is None and not any(_guarded(dossier.plan)):
            raise ConflictError(Conflict.INTAKE_NOT_COMPLETE)
        return record
    if record.confirmed_by is None:
        if second:
            raise ConflictError(Conflict.NOT_CONFIRMED_YET)
        return replace(record, confirmed_by=by.subject)
    if record.second_confirmed_by is not None or second is False:
        return record
    if record.confirmed_by == by.subject:
        if second:
            raise ConflictError(Conflict.SAME_PERSON)
        return record
    if by.coordinator:
        return replace(record, second_confirmed_by=by.subject)
    if second:
        raise ConflictError(Conflict.COORDINATOR_NEEDED)
    return record


def _waits_for_another(dossier: Dossier, by: Confirmer, second: bool | None) -> bool:
    """Tell whether something still waits that this person, by asking again, cannot let go."""
    if dossier.record.waits_since is not None:
        return True
    if dossier.record.confirmed_by == by.subject or second is False:
        return False
    plan, progress = dossier.plan, dossier.progress()
    return any("second_confirmer" in (withheld_for(plan, row, progress) or ()) for row in plan.rows)


def release(dossier: Dossier, row_number: int, code: str) -> None:
    """Lift the hold a completed task stood for."""
    dossier.record_grants()
    lifted = release_key(row_number, code)
    dossier.update_record(replace(dossier.record, released=dossier.record.released | {lifted}))
    settle(dossier)
    dossier.record_rescoped()


def _guarded(plan: Plan) -> Iterator[Row]:
    """Yield the rows whose vital rule waits for an answer to its guard."""
    return (row for row in plan.rows if any(rule.basis == VITAL and rule.open_guards for rule in row.rules))
