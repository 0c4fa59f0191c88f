"""Keep what another holder of the case reported, for the receiver of the referral it was told on (SAFETY O2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unavez_intake.domain.records import Milestone
from unavez_intake.use_cases.ports import ReferralStore
from unavez_shared.contracts.event_data import ReferralMilestone
from unavez_shared.persistence.database import UnitOfWork


@dataclass(frozen=True, slots=True)
class RecordMilestones:
    """Milestones in the order they were said."""

    milestones: Sequence[ReferralMilestone]


async def record_milestones(command: RecordMilestones, work: UnitOfWork, store: ReferralStore) -> None:
    """Keep each milestone once."""
    await store.add_milestones(
        work,
        [
            Milestone(
                milestone_id=told.milestone_id,
                referral_id=told.referral.referral_id,
                case_id=told.referral.case_id,
                kind=told.kind,
                value=told.value,
                on=told.on,
            )
            for told in command.milestones
        ],
    )
