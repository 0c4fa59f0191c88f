"""What the use-cases need from the outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.saved import NewCase, Saved
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.event_data import CapacityState, ServiceState
from unavez_shared.persistence.database import Database, UnitOfWork


class Dossiers(Protocol):
    """Cases, plans and referrals as one aggregate."""

    async def load(
        self, work: UnitOfWork, plan_id: UUID, directory: Directory, now: datetime, *, skip_locked: bool = False
    ) -> Dossier | None:
        """Lock and load; raises `NotYoursError`, or returns None when held elsewhere and `skip_locked`."""
        ...

    async def show(self, work: UnitOfWork, plan_id: UUID, directory: Directory, now: datetime) -> Dossier | None:
        """Load to look at it, without the lock."""
        ...

    async def make_keys(self, case_ids: Collection[UUID]) -> None:
        """Make the keys of new cases, which `insert` needs: they can be made while the plans are."""
        ...

    async def insert(self, work: UnitOfWork, new: Sequence[NewCase]) -> list[Saved]:
        """Write new cases and plans, and what was decided about them."""
        ...

    async def save(self, work: UnitOfWork, dossiers: Sequence[Dossier]) -> list[Saved]:
        """Write what was decided."""
        ...


class Projection(Protocol):
    """The router's picture of the directory."""

    async def current(self) -> Directory:
        """Return what is committed now."""
        ...

    async def recent(self) -> Directory:
        """Return what was committed a second ago at most: for names beside ids."""
        ...

    async def apply_services(self, work: UnitOfWork, states: Sequence[tuple[int, ServiceState]]) -> None:
        """Keep the newest state of each service (sequence, state)."""
        ...

    async def apply_capacities(self, work: UnitOfWork, states: Sequence[CapacityState]) -> None:
        """Keep the newest report of each service."""
        ...


class Reads(Protocol):
    """What is shown, always within what the actor may see."""

    async def known_cases(self, work: UnitOfWork, case_ids: Collection[UUID]) -> set[UUID]:
        """Return those of these cases that have a plan."""
        ...

    async def plan_of_case(self, work: UnitOfWork, case_id: UUID, actor: Actor) -> UUID | None:
        """Return the plan of a case this actor may see."""
        ...

    async def may_see_plan(self, work: UnitOfWork, plan_id: UUID, actor: Actor) -> bool:
        """Tell whether this actor may see a plan."""
        ...

    async def referral(self, work: UnitOfWork, referral_id: UUID, actor: Actor) -> Referral | None:
        """Return one referral this actor may see."""
        ...

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
        ...

    async def offered_before(self, work: UnitOfWork, referral: Referral) -> list[dict[str, Any]]:
        """Return whom the row was offered to."""
        ...

    async def history(self, work: UnitOfWork, referral: Referral) -> list[dict[str, Any]]:
        """Return who moved a referral, when and why."""
        ...

    async def task(self, work: UnitOfWork, task_id: UUID, actor: Actor) -> Mapping[str, Any] | None:
        """Return one task of the actor's cases."""
        ...

    async def tasks(
        self, work: UnitOfWork, actor: Actor, *, status: str, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """Return a page of tasks, the most urgent first."""
        ...

    async def unmet_of_plan(self, work: UnitOfWork, plan_id: UUID) -> Sequence[Mapping[str, Any]]:
        """Return the unmet needs of one plan."""
        ...

    async def unmet_needs(
        self, work: UnitOfWork, actor: Actor, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """Return a page of unmet needs, oldest first."""
        ...

    async def due_offers(
        self, work: UnitOfWork, now: datetime, call_before: datetime, limit: int, *, without: Collection[UUID]
    ) -> list[tuple[UUID, UUID]]:
        """Return (plan, referral) of the offers a timer has to look at, but for these plans."""
        ...

    async def due_to_show(self, work: UnitOfWork, limit: int, *, without: Collection[UUID]) -> list[tuple[UUID, UUID]]:
        """Return (plan, plan) of the plans of which her team is to see more, but for these."""
        ...

    async def plan_of_referral(self, work: UnitOfWork, referral_id: UUID, organization_id: UUID) -> UUID | None:
        """Return the plan of a referral this organization was offered."""
        ...

    async def unanswered_by(self, work: UnitOfWork, organization_id: UUID) -> list[tuple[UUID, UUID]]:
        """Return (plan, referral) of every offer an organization has not answered."""
        ...


class Writes(Protocol):
    """Small writes that are no plan decision."""

    async def finish_task(
        self, work: UnitOfWork, task_id: UUID, *, outcome: str, by: str, at: datetime, done: bool
    ) -> bool:
        """Record an outcome; `done` closes the task. Tell whether it was open."""
        ...

    async def close_tasks(
        self, work: UnitOfWork, plan_id: UUID, codes: Collection[str], *, by: str, at: datetime
    ) -> None:
        """Record a plan's open tasks of these codes as done."""
        ...

    async def let_rest(self, work: UnitOfWork, plan_id: UUID, at: datetime) -> Sequence[tuple[UUID, UUID]]:
        """Take a plan's open offers out of the clocks; return (case, referral) of each."""
        ...

    async def adopt_cases(self, work: UnitOfWork, organization_id: UUID) -> Sequence[UUID]:
        """Give every case without a team to an organization; return those that were not its own."""
        ...

    async def show_rest(self, work: UnitOfWork, plan_id: UUID) -> None:
        """Take what her team has not seen of a plan out of the clock, and tell nobody."""
        ...

    async def set_focal_point(self, work: UnitOfWork, case_id: UUID, subject: str) -> None:
        """Name the person who answers for a case."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a command works with."""

    database: Database
    dossiers: Dossiers
    reads: Reads
    writes: Writes
    projection: Projection
