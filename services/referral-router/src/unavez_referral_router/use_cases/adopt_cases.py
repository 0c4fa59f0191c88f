"""Cases third parties reported while no duty organization was named become its own once there is one (SAFETY N10)."""

from __future__ import annotations

from uuid import UUID

from unavez_referral_router.use_cases.ports import Desk


async def adopt_cases(duty_organization: UUID | None, desk: Desk) -> None:
    """Give `NOBODY`'s cases, with their referrals, tasks and unmet needs, to the duty organization. At each start."""
    if duty_organization is None:
        return
    async with desk.database.transaction() as work:
        for case_id in await desk.writes.adopt_cases(work, duty_organization):
            work.record("case_adopted", case_id=case_id, organization_id=str(duty_organization))
