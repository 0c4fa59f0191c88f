"""What was needed and nobody gave: the organization's evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from unavez_referral_router.use_cases.ports import Desk
from unavez_shared.contracts.actor import Actor


async def list_unmet_needs(
    actor: Actor, desk: Desk, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return a page of unmet needs of the actor's organization, one more than asked when there are more."""
    async with desk.database.transaction() as work:
        return await desk.reads.unmet_needs(work, actor, after=after, limit=limit + 1)
