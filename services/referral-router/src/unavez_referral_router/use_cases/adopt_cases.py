"""Third parties' cases are the duty organization's: also those of before it was named, or of before there was one.

They are the cases without a team (SAFETY N10).
"""

from __future__ import annotations

from uuid import UUID

from unavez_referral_router.adapters.stores import Stores
from unavez_shared.contracts.actor import NOBODY
from unavez_shared.persistence.database import UnitOfWork


async def adopt_cases(duty_organization: UUID | None, work: UnitOfWork, stores: Stores) -> None:
    """Give them to it with their referrals, tasks and unmet needs, to `NOBODY` while none is named. At each start."""
    owner = duty_organization or NOBODY
    for case_id in await stores.writes.adopt_cases(work, owner):
        work.record("case_adopted", case_id=case_id, organization_id=str(owner))
