"""Give an intake back to the people who work with her: its team, nobody else of the organization (SAFETY N10)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from unavez_intake.adapters.stores import Stores
from unavez_intake.domain.records import StoredIntake
from unavez_shared.contracts.actor import Actor
from unavez_shared.persistence.database import UnitOfWork


@dataclass(frozen=True, slots=True, repr=False)
class ReadIntake:
    """Who reads which intake."""

    actor: Actor
    intake: StoredIntake


async def find_intake(intake_id: UUID, actor: Actor, work: UnitOfWork, stores: Stores) -> StoredIntake | None:
    """Return the intake; None when it does not exist, when the actor is not in its team, and after erasure."""
    return await stores.intakes.find_for_member(work, intake_id, actor.organization_id, actor.subject)


async def read_intake(command: ReadIntake, work: UnitOfWork, stores: Stores) -> StoredIntake:  # noqa: ARG001
    """Record that the intake was read, and return it."""
    intake = command.intake
    work.record("intake_read", actor=command.actor, case_id=intake.case_id, subject_id=intake.intake_id)
    return intake
