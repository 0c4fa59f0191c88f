"""`hold_until` a service: waits for any of its rows to be accepted, and never waits for what will not come."""

from __future__ import annotations

from collections.abc import Collection

from unavez_referral_router.domain.plan.plan import Awaits, Plan, Row
from unavez_shared.protocol.vocabulary import RELEASE


def awaiting(
    plan: Plan, row: Row, awaits: Awaits, accepted: Collection[int], ended: Collection[int], released: Collection[str]
) -> str | None:
    """Return `after:SERVICE`, the task that lifts the hold, or None when nothing is awaited any more."""
    awaited = [other for service in awaits.services for other in plan.rows if other.service_type == service]
    if any(other.number in accepted for other in awaited):
        return None
    pending = [other for other in awaited if other.number not in ended and other.candidates and not other.refused]
    if pending:
        return f"after:{pending[0].service_type}"
    if not awaited and awaits.lifted_if_none:
        return None
    task = release_task(plan, awaits)
    return None if release_key(row.number, task) in released else f"task:{task}"


def release_key(row_number: int, task: str) -> str:
    """Return the name under which a lifted hold stands in the plan's state."""
    return f"{row_number}:{task}"


def release_task(plan: Plan, awaits: Awaits) -> str:
    """Return the task a named worker answers when the awaited rows do not exist or ended unmet."""
    present = {row.service_type for row in plan.rows}
    return RELEASE + next((service for service in awaits.services if service in present), awaits.services[0])


def is_lifted(plan: Plan, awaits: Awaits) -> bool:
    """Tell whether the hold fell away because the plan has nothing to wait for: the focal point is notified."""
    present = {row.service_type for row in plan.rows}
    return awaits.lifted_if_none and not present.intersection(awaits.services)
