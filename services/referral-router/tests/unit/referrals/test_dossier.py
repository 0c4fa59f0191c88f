"""The aggregate: what one step leaves in its changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.plan.plan import Awaits
from unavez_referral_router.domain.referrals.case import ROUTER, StepAuthor
from unavez_referral_router.domain.referrals.changes import Changes, TaskOrder
from unavez_referral_router.domain.referrals.states import EVENTS, Party, Status
from unavez_tests.referral_parts import (
    NOW,
    SHELTER,
    a_dossier,
    a_house,
    a_plan,
    a_referral,
    a_row,
    a_rule,
    a_service,
)

AGENCY = StepAuthor(Party.AGENCY, "AG-1", reason="other")
LATER = NOW + timedelta(minutes=26)


def test_a_step_is_the_next_version_a_line_of_history_and_one_event() -> None:
    dossier = a_dossier(a_plan(a_row()))
    offer = a_referral()
    dossier.put(offer)
    moved = dossier.move(offer, Status.ACCEPTED, AGENCY)
    assert (moved.status, moved.version, moved.accepted_at) == (Status.ACCEPTED, 2, NOW)
    (line,) = dossier.changes.steps
    assert (line.status, line.version, line.party, line.subject) == ("accepted", 2, "agency", "AG-1")
    assert dossier.changes.notices == [(EVENTS[Status.ACCEPTED], offer.referral_id)]
    assert dossier.referrals[offer.referral_id] == moved


def test_a_draft_that_ends_before_anybody_was_asked_is_no_event() -> None:
    dossier = a_dossier(a_plan(a_row()))
    draft = a_referral(status=Status.DRAFT, version=0, offered_at=None)
    dossier.add(draft)
    dossier.move(draft, Status.ENTERED_IN_ERROR, ROUTER)
    assert len(dossier.changes.steps) == 1
    assert dossier.changes.notices == []


def test_a_new_referral_that_moves_is_written_once() -> None:
    dossier = a_dossier(a_plan(a_row()))
    new, old = a_referral(status=Status.DRAFT), a_referral()
    dossier.add(new)
    dossier.move(new, Status.REQUESTED, ROUTER)
    dossier.put(old)
    assert set(dossier.changes.created) == {new.referral_id}
    assert dossier.changes.created[new.referral_id].status is Status.REQUESTED
    assert set(dossier.changes.updated) == {old.referral_id}


def test_whatever_is_decided_unseen_is_seen_at_its_time_and_what_was_decided_before_is_not_touched() -> None:
    dossier = a_dossier(a_plan(a_row()))
    offer = a_referral()
    dossier.put(offer)
    dossier.changes.tasks.append(TaskOrder("CALL_NOW", NOW))
    with dossier.unseen(LATER):
        assert dossier.seen_at == LATER
        dossier.changes.tasks.append(TaskOrder("UNMET-NEED", NOW))
        dossier.move(offer, Status.REJECTED, AGENCY)
    assert dossier.seen_at == NOW
    assert [task.shown_at for task in dossier.changes.tasks] == [None, LATER]
    assert dossier.changes.steps[0].shown_at == LATER
    assert dossier.referrals[offer.referral_id].shown_status == "requested"


def test_a_step_seen_at_once_shows_what_was_unseen_of_its_referral() -> None:
    dossier = a_dossier(a_plan(a_row()))
    veiled = a_referral(shown_at=LATER, shown_status="draft", shown_version=0)
    dossier.put(veiled)
    assert dossier.move(veiled, Status.ACCEPTED, AGENCY).shown_at is None


def test_an_acceptance_counts_for_what_waits_for_it_from_that_moment_on() -> None:
    waiting = a_row(number=1, rules=(a_rule(awaits=Awaits(("PSY-CEM",), lifted_if_none=False)),))
    dossier = a_dossier(a_plan(a_row(a_service()), waiting))
    offer = a_referral()
    dossier.put(offer)
    assert dossier.progress().accepted == frozenset()
    dossier.move(offer, Status.ACCEPTED, AGENCY)
    assert dossier.progress().accepted == {0}


def test_an_offer_whose_packet_may_show_more_is_rescoped_and_its_version_stays() -> None:
    row = a_row(a_service(), rules=(a_rule(), a_rule("legal_duty", id="T2", task="READINESS")))
    dossier = a_dossier(a_plan(row))
    offer = a_referral(service_type=row.service_type)
    dossier.put(offer)
    dossier.record_grants()
    dossier.record_rescoped()
    assert dossier.changes.rescoped == []
    dossier.update_record(replace(dossier.record, released=frozenset({"0:READINESS"})))
    dossier.record_rescoped()
    assert dossier.changes.rescoped == [offer.referral_id]
    after = dossier.referrals[offer.referral_id]
    assert (after.scope_version, after.version) == (1, offer.version)


def test_a_row_that_ended_is_part_of_the_plans_state_without_a_version_of_its_own() -> None:
    dossier = a_dossier(a_plan(a_row()))
    dossier.end_row(dossier.plan.rows[0])
    assert (dossier.record.ended, dossier.record.version) == ({0}, 1)
    assert dossier.changes.record_changed


def test_the_houses_of_an_offer_are_those_of_its_front_door_that_still_stand_behind_it() -> None:
    house = a_house()
    moved_away = replace(house, service_id=uuid4())
    row = a_row(house)
    step = replace(row.route[0], houses=(house.service_id, moved_away.service_id, uuid4()))
    dossier = a_dossier(a_plan(replace(row, route=(step,))), house, replace(moved_away, front_door_id=uuid4()))
    offer = a_referral(
        organization_id=house.front_door_id, service_id=house.service_id, receiving_type=SHELTER, service_type=SHELTER
    )
    assert dossier.houses_of(offer) == (house,)
    assert dossier.is_hidden(offer)
    assert dossier.service_of(offer) is None


def test_a_public_receiver_has_no_houses_and_its_own_service_until_it_closes() -> None:
    service = a_service()
    dossier = a_dossier(a_plan(a_row(service)), service)
    offer = a_referral(organization_id=service.organization_id, service_id=service.service_id)
    assert dossier.houses_of(offer) is None
    assert dossier.service_of(offer) == service
    dossier.directory = Directory()
    assert dossier.service_of(offer) is None


def test_an_offer_to_what_was_hidden_when_it_was_planned_stays_hidden_though_it_is_public_now() -> None:
    house = a_house()
    dossier = a_dossier(a_plan(a_row(house)), replace(house, confidential=False))
    offer = a_referral(
        organization_id=house.front_door_id, service_id=house.service_id, receiving_type=SHELTER, service_type=SHELTER
    )
    assert dossier.service_of(offer) is None


def test_nothing_is_in_the_changes_before_something_is_decided() -> None:
    assert a_dossier(a_plan(a_row())).changes == Changes()
