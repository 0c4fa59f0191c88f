"""Third parties' cases are the duty organization's: also those of before it was named, or of before there was one.

They are the cases without a team (SAFETY N10).
"""

from __future__ import annotations

from uuid import UUID

from unavez_referral_router.use_cases.ports import Desk
from unavez_shared.contracts.actor import NOBODY


async def adopt_cases(duty_organization: UUID | None, desk: Desk) -> None:
    """Give them to it with their referrals, tasks and unmet needs, to `NOBODY` while none is named. At each start."""
    owner = duty_organization or NOBODY
    async with desk.database.transaction() as work:
        for case_id in await desk.writes.adopt_cases(work, owner):
            work.record("case_adopted", case_id=case_id, organization_id=str(owner))
