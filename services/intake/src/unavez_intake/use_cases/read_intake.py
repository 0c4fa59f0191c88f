"""Give an intake back to the people who work with her: its team, nobody else of the organization (SAFETY N10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from unavez_intake.domain.records import StoredIntake
from unavez_intake.use_cases.ports import IntakeStore
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.errors import NotYoursError
from unavez_shared.persistence.database import Database


@dataclass(frozen=True, slots=True)
class ReadIntake:
    """Who asks for which intake; `permit` raises `WrongRoleError` and is called once it is known to be theirs."""

    actor: Actor
    intake_id: UUID
    permit: Callable[[], None]


async def read_intake(command: ReadIntake, *, database: Database, store: IntakeStore) -> StoredIntake:
    """Return the intake and record that it was read, in one transaction.

    Raises `NotYoursError` when it does not exist, when the caller is not in its team, and after erasure.
    """
    actor = command.actor
    async with database.transaction() as work:
        intake = await store.find_for_member(work, command.intake_id, actor.organization_id, actor.subject)
        if intake is None:
            raise NotYoursError
        command.permit()
        work.record("intake_read", actor=actor, case_id=intake.case_id, subject_id=intake.intake_id)
    return intake
