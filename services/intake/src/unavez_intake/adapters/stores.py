"""What a command of intake reads and writes, and by which keys."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from unavez_intake.adapters.digests import Digests
from unavez_intake.adapters.intakes import IntakeStore
from unavez_intake.adapters.new_cases import NewCases
from unavez_intake.adapters.packets import PacketStore
from unavez_intake.adapters.referrals import ReferralStore
from unavez_shared.privacy.case_keys import CaseKeys


@dataclass(frozen=True, slots=True)
class Stores:
    """Third argument of every use-case: `(command, work, stores)`."""

    intakes: IntakeStore
    packets: PacketStore
    referrals: ReferralStore
    keys: CaseKeys
    digests: Digests
    new_cases: NewCases
    duty_organization: UUID | None
    """Whose case it is if a third party reports (SAFETY N10)."""
    demo: bool
