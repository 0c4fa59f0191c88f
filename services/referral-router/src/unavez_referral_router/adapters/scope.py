"""What an actor may see: the one place that says so. Everything else is the same 404."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, any_, false, literal, or_, select

from unavez_referral_router.adapters.tables import cases, plans, referrals
from unavez_shared.contracts.actor import Actor, Role


def own_cases(actor: Actor) -> ColumnElement[Any]:
    """Return the cases of this actor: its team or focal point, or any of its organization for a coordinator."""
    if actor.role is Role.COORDINATOR:
        return cases.c.organization_id == actor.organization_id
    if actor.role is Role.FRONTLINE:
        return and_(
            cases.c.organization_id == actor.organization_id,
            or_(literal(actor.subject) == any_(cases.c.team), cases.c.focal_point == actor.subject),
        )
    return false()


def visible_referrals(actor: Actor, now: datetime) -> ColumnElement[Any]:
    """Return the referrals of this actor: to an agency those it was offered, to a team those of its cases it sees."""
    if actor.role is Role.AGENCY:
        return and_(referrals.c.organization_id == actor.organization_id, referrals.c.offered_at.is_not(None))
    return and_(own_cases(actor), or_(seen(referrals, now), referrals.c.shown_status.is_not(None)))


def of_visible_referral(referral_id: UUID, actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Return the plan of a referral of this actor's."""
    of_actor = select(referrals.c.plan_id).join(cases, cases.c.case_id == referrals.c.case_id)
    of_actor = of_actor.where(referrals.c.referral_id == referral_id, visible_referrals(actor, now))
    return plans.c.plan_id == of_actor.scalar_subquery()


def seen(table: Table, now: datetime) -> ColumnElement[Any]:
    """Return whether her team sees a row as it is (ADR 19)."""
    return or_(table.c.shown_at.is_(None), table.c.shown_at <= now)
