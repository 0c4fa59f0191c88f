"""THE table: what intake publishes, and which event does what in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from unavez_intake.adapters.stores import Stores
from unavez_intake.domain.referrals import Step
from unavez_intake.use_cases.referrals import (
    ApplyReferralFacts,
    ApplyReferralStatus,
    RecordMilestones,
    apply_referral_facts,
    apply_referral_status,
    record_milestones,
    show_referrals,
)
from unavez_shared.contracts import events
from unavez_shared.messaging.event import Event
from unavez_shared.messaging.subscriptions import EventTable
from unavez_shared.persistence.database import UnitOfWork


def subscriptions(stores: Stores) -> EventTable:
    """Return the table."""
    facts, status = partial(_facts, stores), partial(_status, stores)
    return EventTable(
        publishes={events.CASE_REGISTERED},
        consumes={
            events.REFERRAL_OFFERED: facts,
            events.REFERRAL_ACCEPTED: facts,
            events.REFERRAL_RESCOPED: facts,
            events.REFERRAL_RESCOPED_V1: facts,
            events.REFERRAL_DECLINED: status,
            events.REFERRAL_EXPIRED: status,
            events.REFERRAL_STARTED: status,
            events.REFERRAL_HELD: status,
            events.REFERRAL_COMPLETED: status,
            events.REFERRAL_FAILED: status,
            events.REFERRAL_CANCELLED: status,
            events.REFERRAL_ENTERED_IN_ERROR: status,
            events.REFERRAL_SHOWN: partial(_shown, stores),
            events.REFERRAL_MILESTONE: partial(_milestones, stores),
        },
    )


async def _facts(stores: Stores, run: Sequence[Event[Any]], work: UnitOfWork) -> None:
    await apply_referral_facts(ApplyReferralFacts([event.data for event in run]), work, stores)


async def _status(stores: Stores, run: Sequence[Event[Any]], work: UnitOfWork) -> None:
    await apply_referral_status(ApplyReferralStatus([_step(event) for event in run]), work, stores)


def _step(event: Event[Any]) -> Step:
    state = event.data
    return Step(
        referral_id=state.referral_id,
        version=state.version,
        status=state.status,
        at=event.time,
        unsigned=event.unsigned,
        shown_at=state.team_shown_at,
        shown_status=state.team_status,
    )


async def _shown(stores: Stores, run: Sequence[Event[Any]], work: UnitOfWork) -> None:
    await show_referrals([event.data for event in run], work, stores)


async def _milestones(stores: Stores, run: Sequence[Event[Any]], work: UnitOfWork) -> None:
    await record_milestones(RecordMilestones([event.data for event in run]), work, stores)
