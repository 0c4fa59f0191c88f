"""Cases heard of from intake: plan, drafts, offers that may leave, tasks and unmet needs, in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.plan.consent import Consent
from unavez_referral_router.domain.plan.inputs import Inputs
from unavez_referral_router.domain.plan.planner import Planner
from unavez_referral_router.domain.referrals.case import Case
from unavez_referral_router.domain.referrals.decisions.confirmation import first_record
from unavez_referral_router.domain.referrals.decisions.opening import open_plan
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.saved import NewCase
from unavez_referral_router.use_cases.announce import announce
from unavez_shared.contracts.event_data import CaseState
from unavez_shared.messaging.event import Event
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.case_keys import KeyDestroyedError
from unavez_shared.privacy.ids import uuid7
from unavez_shared.protocol import normalise

COMPLETE = "complete"
SLICE = 25
"""Cases planned and written together: bounds what one transaction holds in memory."""


async def register_cases(events: Sequence[Event[CaseState]], work: UnitOfWork, stores: Stores) -> None:
    """Plan every case not planned yet. A case heard of before is left as it is."""
    states = {event.data.case_id: event for event in events}
    known, directory = await asyncio.gather(stores.reads.known_cases(work, states), stores.projection.current())
    new = [event for case_id, event in states.items() if case_id not in known]
    for first in range(0, len(new), SLICE):
        await _register(new[first : first + SLICE], work, stores, directory)


async def _register(events: Sequence[Event[CaseState]], work: UnitOfWork, stores: Stores, directory: Directory) -> None:
    now = work.now()
    try:
        opened, _ = await asyncio.gather(
            _open_each(events, stores.planner, directory, now),
            stores.dossiers.make_keys([event.data.case_id for event in events]),
        )
    except KeyDestroyedError:
        if len(events) > 1:
            raise  # the inbox presents them one by one
        work.record("erased_case_not_planned", case_id=events[0].data.case_id)
        return
    saved = await stores.dossiers.insert(work, opened)
    announce(work, saved, plan_changed=True)
    for item in saved:
        work.record("plan_made", case_id=item.dossier.case.case_id, subject_id=item.dossier.record.plan_id)


async def _open_each(
    events: Sequence[Event[CaseState]], planner: Planner, directory: Directory, now: datetime
) -> list[NewCase]:
    opened = []
    for event in events:
        opened.append(_open(event, planner, directory, now))
        await asyncio.sleep(0)  # a preview waits for one plan, not for all of them
    return opened


def _open(event: Event[CaseState], planner: Planner, directory: Directory, now: datetime) -> NewCase:
    state = event.data
    facts = normalise(state.facts, state.places, captured_at=state.captured_at)
    plan = planner.plan(facts, _inputs(state, now), directory, with_routes=True)
    dossier = Dossier(
        case=Case(
            case_id=state.case_id,
            organization_id=state.organization_id,
            team=tuple(state.team),
            focal_point=None,
            captured_at=state.captured_at,
            demo=state.demo,
            author=state.author if state.coordinator_first else None,
        ),
        record=first_record(uuid7(), plan, state.confirmed_by, waits_since=now if state.coordinator_first else None),
        plan=plan,
        directory=directory,
        now=now,
    )
    open_plan(dossier)
    known = {"facts": facts.facts_json(), "places": facts.places_json()}
    return NewCase(dossier=dossier, facts=known, status=state.status, version=event.sequence)


def _inputs(state: CaseState, now: datetime) -> Inputs:
    return Inputs(
        at=now,
        captured_at=state.captured_at,
        consents=tuple(
            Consent(
                service_type=consent.service_type,
                organization_id=consent.organization_id,
                categories=None if consent.categories is None else tuple(consent.categories),
                expires_at=consent.expires_at,
                to_confirm=consent.to_confirm,
            )
            for consent in state.consents
        ),
        agreed_to_all=state.consent_all_proposed and not state.consent_to_confirm,
        shown_digest=state.consent_shown_digest,
        unseen_counts=state.demo,
        duty_notice=state.duty_notice_given,
        avoided_organizations=frozenset(state.avoid_organization_ids),
        avoided_types=frozenset(state.avoid_service_types),
        complete=state.status == COMPLETE,
    )
