"""What intake keeps and shows: plain records between the use-cases and the store. Nothing of hers is in a `repr`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from unavez_intake.domain.consents import Consent
from unavez_intake.domain.referrals import Referral

FIRST_VERSION = 1


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """What is sealed as one revision: the body as it came, its facts and places as the rules read them."""

    body: Mapping[str, Any]
    facts: Mapping[str, Any]
    places: Mapping[str, Any]
    """Without the exact place: this is what the router gets."""

    def document(self) -> dict[str, Any]:
        """Return the body with normalised facts and places, the exact place among them: what packets are cut from."""
        exact = (self.body.get("places") or {}).get("current_exact")
        return {**self.body, "facts": self.facts, "places": {**self.places, "current_exact": exact}}


@dataclass(frozen=True, slots=True, repr=False)
class NewIntake:
    """Everything one registration writes."""

    intake_id: UUID
    case_id: UUID
    case_code: str
    receipt: str | None
    """Set for a third-party report: all its author gets, and no code of the case (SAFETY N10)."""
    organization_id: UUID
    """The author's: what its client records are counted by."""
    owner_id: UUID
    """Whose case it is; `NOBODY`'s when a third party reported and no duty organization is named."""
    author: str
    team: tuple[str, ...]
    client_record_digest: bytes
    body_digest: bytes
    code_digest: bytes
    status: str
    registered_at: datetime
    account: Account
    consents: tuple[Consent, ...]
    blind_indexes: tuple[tuple[str, bytes], ...]
    """Kind and digest."""

    @property
    def third_party(self) -> bool:
        """Tell whether its author reported about somebody else."""
        return self.receipt is not None


@dataclass(frozen=True, slots=True, repr=False)
class PostedIntake:
    """An intake already stored under this client record: enough to give the same answer again."""

    intake_id: UUID
    case_id: UUID
    case_code: str | None
    """None after erasure."""
    receipt: str | None
    """As sealed with the case: None after erasure, and for who is her team."""
    third_party: bool
    body_digest: bytes


@dataclass(frozen=True, slots=True, repr=False)
class StoredIntake:
    """An intake as its team reads it."""

    intake_id: UUID
    case_id: UUID
    case_code: str
    version: int
    registered_at: datetime
    body: Mapping[str, Any]
    consents: Sequence[Consent]


@dataclass(frozen=True, slots=True)
class Member:
    """A person: reads of the cases whose team it is in."""

    organization_id: UUID
    subject: str


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who coordinates the duty organization: reads of the cases that have no team, for a third party reported them."""


TeamReader = Member | OnDuty


@dataclass(frozen=True, slots=True, repr=False)
class Milestone:
    """Something another holder of the case reported that the receiver of this referral should hear."""

    milestone_id: UUID
    referral_id: UUID
    case_id: UUID
    kind: str
    value: str
    on: datetime


@dataclass(frozen=True, slots=True, repr=False)
class PacketMaterial:
    """All a packet is made of, read in the transaction that records its disclosure."""

    referral: Referral
    account: Account
    consents: Sequence[Consent]
    milestones: Sequence[Milestone]
    lawyer_heard: bool
    """Somebody holds her referral for legal defence."""


@dataclass(frozen=True, slots=True, repr=False)
class Disclosure:
    """Who saw which part of which packet, when, and what was in it."""

    disclosure_code: str
    referral_id: UUID
    case_id: UUID
    organization_id: UUID
    subject: str
    disclosed_at: datetime
    stage: str
    part: str | None
    categories: tuple[str, ...]
    pointers: tuple[str, ...]
