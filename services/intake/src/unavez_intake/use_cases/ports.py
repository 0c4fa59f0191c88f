"""What the use-cases need from the database. `adapters/` implements it; unit tests bring their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from unavez_intake.domain.form import Person
from unavez_intake.domain.records import (
    Disclosure,
    Milestone,
    NewIntake,
    PacketMaterial,
    PostedIntake,
    StoredIntake,
)
from unavez_intake.domain.referrals import Fact, Standing, Step
from unavez_shared.contracts.actor import Actor
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.case_keys import NewCaseKey
from unavez_shared.privacy.fields import CaseCipher


class IntakeStore(Protocol):
    """Intakes, their revisions, teams, consents and blind indexes."""

    async def add(self, work: UnitOfWork, intake: NewIntake, cipher: CaseCipher) -> bool:
        """Write all of it; False when the client record (or the case code) is taken, and then nothing is written."""
        ...

    async def find_posted(self, work: UnitOfWork, organization_id: UUID, digest: bytes) -> PostedIntake | None:
        """Return what this organization stored under a client record."""
        ...

    async def find_for_member(
        self, work: UnitOfWork, intake_id: UUID, organization_id: UUID, subject: str
    ) -> StoredIntake | None:
        """Return the intake when this person is in its team, else None."""
        ...


class CaseKeySource(Protocol):
    """Fresh data keys, stored before they are handed out."""

    async def reserve(self) -> NewCaseKey:
        """Return a new case id with its cipher."""
        ...


class Digests(Protocol):
    """Keyed digests: what must be found again without being readable."""

    def client_record(self, organization_id: UUID, client_record_id: str) -> bytes:
        """Return the digest an app's own record id is stored under."""
        ...

    def body(self, document: Mapping[str, Any]) -> bytes:
        """Return the digest of a whole body, by which a repeated post is told from another one."""
        ...

    def case_code(self, case_code: str) -> bytes:
        """Return the digest of the code she carries."""
        ...

    def receipt(self, intake_id: UUID) -> str:
        """Return what a third party gets for its report: the same for ever, without the case's key."""
        ...

    def person(self, person: Person) -> tuple[tuple[str, bytes], ...]:
        """Return (kind, digest) for the document and for name with birth year, as far as they are known."""
        ...


class NewCaseCount(Protocol):
    """How many new cases there are of late, approximately."""

    def too_many(self, actor: Actor) -> bool:
        """Count one more of this person; tell whether a coordinator has to look before anything of it leaves."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """A person: reads of the cases whose team it is in."""

    organization_id: UUID
    subject: str


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who coordinates the duty organization: reads of the cases that have no team, for a third party reported them."""


TeamReader = Member | OnDuty


class PacketStore(Protocol):
    """Packets as their receivers open them, and what was disclosed."""

    async def exists(self, referral_id: UUID, organization_id: UUID) -> bool:
        """Tell, outside of a transaction, whether this organization was offered the referral."""
        ...

    async def known(self, referral_ids: Collection[UUID]) -> Collection[UUID]:
        """Return, outside of a transaction, those of the referrals that have a packet, whoever's it is."""
        ...

    async def load(self, work: UnitOfWork, referral_id: UUID, organization_id: UUID) -> PacketMaterial | None:
        """Return what the packet is made of; its referral cannot change before the transaction ends."""
        ...

    async def exists_for_team(self, referral_id: UUID, reader: TeamReader) -> bool:
        """Tell, outside of a transaction, whether somebody was offered a referral of a case of this reader's."""
        ...

    async def load_for_team(self, work: UnitOfWork, referral_id: UUID, reader: TeamReader) -> PacketMaterial | None:
        """Return the same as `load` when the case is this reader's, else None; None after erasure."""
        ...

    async def add_disclosure(self, work: UnitOfWork, disclosure: Disclosure) -> None:
        """Write who sees what."""
        ...


class ReferralStore(Protocol):
    """What the router said about referrals; it decides which packets there are."""

    async def standing_of(self, work: UnitOfWork, referral_ids: Collection[UUID]) -> Mapping[UUID, Standing]:
        """Return what is on record of those of these referrals that are known."""
        ...

    async def apply_facts(self, work: UnitOfWork, facts: Sequence[Fact]) -> None:
        """Store signed facts where they are newer. Facts of an erased case are dropped."""
        ...

    async def apply_steps(self, work: UnitOfWork, steps: Sequence[Step]) -> None:
        """Move statuses where they end more, or are newer and nothing ended; rows that do not exist stay so."""
        ...

    async def show(self, work: UnitOfWork, shown: Sequence[tuple[UUID, int]]) -> None:
        """Let her team see each referral as it is in this version, and as it was in the ones before."""
        ...

    async def add_milestones(self, work: UnitOfWork, milestones: Sequence[Milestone]) -> None:
        """Store milestones once. Those of an erased case are dropped."""
        ...
