"""What a front door answers her team sees at the next full half hour, and an acceptance at once (SAFETY N1, ADR 19)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unavez_referral_router.api.plan_view import plan_view
from unavez_referral_router.api.referral_view import team_view
from unavez_referral_router.domain.plan.plan import VITAL, Row
from unavez_referral_router.domain.referrals import deadlines
from unavez_referral_router.domain.referrals.case import StepAuthor
from unavez_referral_router.domain.referrals.changes import Changes
from unavez_referral_router.domain.referrals.decisions.steps import VITAL_UNANSWERED, call, expire, take_step
from unavez_referral_router.domain.referrals.decisions.visibility import as_team_sees, show_due
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.events import state_of
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.saved import NewWork, Saved
from unavez_referral_router.domain.referrals.states import Party, Status
from unavez_referral_router.use_cases.announce import announce
from unavez_referral_router.use_cases.plans import ShownPlan
from unavez_shared.contracts.events import REFERRAL_ACCEPTED, REFERRAL_CANCELLED, REFERRAL_SHOWN
from unavez_shared.persistence.database import UnitOfWork

HOUSED = {"age": 29, "gender": "F", "incident": ["TRAF"], "needs_shelter": True}
PLACES = {"current": "080101"}
ASKED = datetime(2026, 11, 20, 20, 4, tzinfo=UTC)
HALF_PAST = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
DOOR = StepAuthor(Party.AGENCY, subject="agente-1", reason="other")
ON_BEHALF = StepAuthor(Party.AGENCY, subject="CW-12", reason="other", channel="phone", who="inventada")

Refuse = Callable[[Dossier, Referral], None]


def asked(dossier: Dossier) -> Referral:
    row = next(row for row in dossier.plan.rows if row.service_type == "SHL-HRT")
    return dossier.of_row(row)[-1]


def seen(dossier: Dossier, at: datetime | None = None) -> str:
    """Return all her team reads of a plan and its referrals at a moment."""
    dossier.now = at or dossier.now
    shown = as_team_sees(dossier)
    due = [need for need in dossier.changes.unmet if need.shown_at is None or need.shown_at <= dossier.now]
    unmet = [{"code": need.code, "service_type": need.service_type, "reason": need.reason} for need in due]
    tasks = [task for task in dossier.changes.tasks if task.shown_at is None or task.shown_at <= dossier.now]
    steps = [step for step in dossier.changes.steps if step.shown_at is None or step.shown_at <= dossier.now]
    listed = [team_view(one, "https://unavez.example", demo=True) for one in shown.referrals.values()]
    return json.dumps([plan_view(ShownPlan(shown, unmet)), listed, tasks, steps], default=str)


def vital(dossier: Dossier) -> Dossier:
    """Make the shelter a matter of life and death: a silent front door is not taken back, the next is asked beside."""
    rows = [replace(row, basis=VITAL) if row.service_type == "SHL-HRT" else row for row in dossier.plan.rows]
    dossier.plan = replace(dossier.plan, rows=tuple(rows))
    return dossier


def listed_openly(row: Row, offer: Referral) -> Row:
    """Return a row in whose list the receiver of an offer stands under its own name."""
    same = (offer.organization_id, None)
    found = [
        replace(one, service_id=offer.service_id) if (one.organization_id, one.service_id) == same else one
        for one in row.candidates
    ]
    return replace(row, candidates=tuple(found))


class Outbox:
    """Notes what is published about what, in this order."""

    def __init__(self) -> None:
        self.published: list[tuple[Any, UUID]] = []

    def emit(self, event_type: Any, *, subject: UUID, **_: Any) -> None:
        self.published.append((event_type, subject))


def refused(dossier: Dossier, offer: Referral) -> None:
    take_step(dossier, offer, Status.REJECTED, DOOR)


def expired(dossier: Dossier, offer: Referral) -> None:
    expire(dossier, offer)


def failed(dossier: Dossier, offer: Referral) -> None:
    take_step(dossier, dossier.referrals[offer.referral_id], Status.FAILED, DOOR)


def given_back(dossier: Dossier, offer: Referral) -> None:
    take_step(dossier, dossier.referrals[offer.referral_id], Status.CANCELLED, DOOR)


@pytest.mark.parametrize("refuse", [refused, expired, failed, given_back])
def test_her_team_sees_a_front_doors_refusal_and_the_next_one_asked_at_the_full_half_hour(
    refuse: Refuse, open_of: Any
) -> None:
    dossier = open_of(HOUSED, PLACES)
    first = asked(dossier)
    if refuse in (failed, given_back):
        take_step(dossier, first, Status.ACCEPTED, DOOR)
    before = seen(dossier, ASKED + timedelta(minutes=7))
    refuse(dossier, first)
    following = asked(dossier)
    assert (following.status, following.referral_id != first.referral_id) == (Status.REQUESTED, True)
    for minute in range(7, 26):
        assert seen(dossier, ASKED + timedelta(minutes=minute)) == before
    after = json.loads(seen(dossier, HALF_PAST))
    listed = {one["referral_id"]: one for one in after[1]}
    assert listed[str(following.referral_id)]["status"] == "requested"
    assert listed[str(first.referral_id)]["status"] not in {"requested", "accepted"}


def test_times_of_the_next_one_asked_count_from_the_half_hour_for_her_team_and_from_the_offer_for_it(
    open_of: Any,
) -> None:
    dossier = open_of(HOUSED, PLACES)
    dossier.now = ASKED + timedelta(minutes=7)
    refused(dossier, asked(dossier))
    following = asked(dossier)
    row = dossier.row_of(following)
    hours = deadlines.respond_hours(vital=row.vital, due_hours=row.due_hours, ack_hours=row.ack_hours)
    assert (following.offered_at, following.respond_by) == (dossier.now, deadlines.after(dossier.now, hours))
    told = state_of(dossier, following)
    assert (told.respond_by, told.team_shown_at, told.team_status) == (following.respond_by, HALF_PAST, None)
    shown = following.as_team_sees(HALF_PAST)
    assert shown is not None
    assert (shown.offered_at, shown.respond_by) == (HALF_PAST, deadlines.after(HALF_PAST, hours))


MINUTES = pytest.mark.parametrize("minute", [1, 20, 25.9])
"""How long after it was asked the first front door says no; what follows must look the same."""


def second_asked(dossier: Dossier, minute: float) -> Referral:
    """Have the first front door say no so many minutes after 20:04 and return the next offer, shown at 20:30."""
    dossier.now = ASKED + timedelta(minutes=minute)
    refused(dossier, asked(dossier))
    dossier.changes = Changes()
    return asked(dossier)


@MINUTES
def test_a_call_to_the_next_front_door_is_seen_as_long_after_it_whenever_the_one_before_said_no(
    minute: float, open_of: Any
) -> None:
    dossier = open_of(HOUSED, PLACES)
    following = second_asked(dossier, minute)
    fifth_minute = dossier.now + timedelta(minutes=5)
    dossier.now = fifth_minute + timedelta(seconds=3)
    call(dossier, following, fifth_minute)
    (task,) = dossier.changes.tasks
    shown = following.as_team_sees(HALF_PAST)
    assert shown is not None
    assert (task.code, task.shown_at, task.due_at) == ("CALL_NOW", HALF_PAST + timedelta(minutes=5), shown.respond_by)


@MINUTES
def test_the_one_asked_beside_a_silent_vital_front_door_is_seen_when_the_time_her_team_was_shown_is_over(
    minute: float, open_of: Any
) -> None:
    dossier = vital(open_of(HOUSED, PLACES))
    second = second_asked(dossier, minute)
    over = second.team_respond_by or ASKED
    before = seen(dossier, over - timedelta(seconds=1))
    dossier.now = second.respond_by or ASKED
    expire(dossier, second)
    third = asked(dossier)
    assert third.referral_id != second.referral_id
    unanswered = [task for task in dossier.changes.tasks if task.code == VITAL_UNANSWERED]
    assert [(task.shown_at, task.due_at) for task in unanswered] == [(over, over)]
    assert (third.shown_at, third.asked_at) == (over, over)
    assert seen(dossier, over - timedelta(seconds=1)) == before
    while (last := asked(dossier)).escalated_at is None:
        dossier.now = last.respond_by or ASKED
        expire(dossier, last)
    assert last.row_number in dossier.record.ended
    dossier.now = (last.team_respond_by or ASKED) - timedelta(seconds=1)
    assert last.row_number not in as_team_sees(dossier).record.ended
    dossier.now += timedelta(seconds=2)
    assert last.row_number in as_team_sees(dossier).record.ended


@MINUTES
@pytest.mark.parametrize("public", [True, False])
def test_an_offer_that_runs_out_is_seen_so_when_the_time_her_team_was_shown_is_over(
    minute: float, public: bool, open_of: Any
) -> None:
    dossier = open_of(HOUSED, PLACES)
    second = second_asked(dossier, minute)
    if public:
        rows = [listed_openly(row, second) for row in dossier.plan.rows]
        dossier.plan = replace(dossier.plan, rows=tuple(rows))
    over = second.team_respond_by or ASKED
    before = seen(dossier, over - timedelta(seconds=1))
    dossier.now = second.respond_by or ASKED
    assert dossier.is_hidden(second) is not public
    expire(dossier, second)
    assert asked(dossier).referral_id != second.referral_id
    assert seen(dossier, over - timedelta(seconds=1)) == before
    dossier.now = over
    assert as_team_sees(dossier).referrals[second.referral_id].status is Status.EXPIRED


def test_an_acceptance_shows_the_call_that_was_still_to_come(open_of: Any) -> None:
    dossier = open_of(HOUSED, PLACES)
    following = second_asked(dossier, 20)
    dossier.now += timedelta(minutes=8)
    show_due(dossier)
    call(dossier, following)
    take_step(dossier, asked(dossier), Status.ACCEPTED, DOOR)
    assert dossier.changes.shown_rows == {following.row_number}


def test_who_has_to_be_called_has_its_whole_time_from_when_her_team_can_call(open_of: Any, directory: Any) -> None:
    by_telephone = {house.service_id: replace(house, delivery="call") for house in directory.of_type("SHL-HRT")}
    dossier = open_of(HOUSED, PLACES, within=directory.updated(by_telephone))
    first = asked(dossier)
    refused(dossier, first)
    following = asked(dossier)
    hours = (first.respond_by or ASKED) - ASKED
    assert following.respond_by == HALF_PAST + hours
    (task,) = [task for task in dossier.changes.tasks if task.referral_id == following.referral_id]
    assert (task.code, task.shown_at, task.due_at) == ("CALL_NOW", HALF_PAST, following.respond_by)


def test_an_acceptance_is_seen_at_once_with_what_came_before_it(open_of: Any) -> None:
    dossier = open_of(HOUSED, PLACES)
    first = asked(dossier)
    refused(dossier, first)
    second = asked(dossier)
    dossier.now += timedelta(minutes=5)
    take_step(dossier, second, Status.ACCEPTED, DOOR)
    shown = as_team_sees(dossier).referrals
    assert shown[first.referral_id].status is Status.REJECTED
    assert shown[second.referral_id].status is Status.ACCEPTED
    assert shown[second.referral_id].offered_at == dossier.now
    assert dossier.changes.shown == [first.referral_id, second.referral_id]
    assert dossier.changes.shown_rows == {second.row_number}


def test_her_team_gets_one_event_of_an_offer_that_is_shown_and_withdrawn_in_one_step(open_of: Any) -> None:
    dossier = vital(open_of(HOUSED, PLACES))
    first = asked(dossier)
    refused(dossier, first)
    second = asked(dossier)
    expire(dossier, second)
    third = asked(dossier)
    dossier.changes = Changes()
    take_step(dossier, third, Status.ACCEPTED, DOOR)
    outbox = Outbox()
    announce(cast("UnitOfWork", outbox), [Saved(dossier, NewWork())])
    names = {first.referral_id: "first", second.referral_id: "second", third.referral_id: "third"}
    published = [(names[subject], kind) for kind, subject in outbox.published if subject in names]
    assert published == [("first", REFERRAL_SHOWN), ("third", REFERRAL_ACCEPTED), ("second", REFERRAL_CANCELLED)]


def test_an_acceptance_in_one_row_shows_nothing_of_another(open_of: Any) -> None:
    dossier = open_of(HOUSED, PLACES)
    first = asked(dossier)
    refused(dossier, first)
    other = next(
        one for one in dossier.referrals.values() if one.status is Status.REQUESTED and not dossier.is_hidden(one)
    )
    take_step(dossier, other, Status.ACCEPTED, DOOR)
    shown = as_team_sees(dossier).referrals
    assert shown[other.referral_id].status is Status.ACCEPTED
    assert shown[first.referral_id].status is Status.REQUESTED
    assert dossier.changes.shown == []


def test_an_answer_her_team_gave_itself_is_seen_at_once_and_so_is_who_is_asked_next(open_of: Any) -> None:
    dossier = open_of(HOUSED, PLACES)
    first = asked(dossier)
    take_step(dossier, first, Status.REJECTED, ON_BEHALF)
    following = asked(dossier)
    shown = as_team_sees(dossier).referrals
    assert [shown[one.referral_id].status for one in (first, following)] == [Status.REJECTED, Status.REQUESTED]
    assert following.offered_at == dossier.now


def test_the_refusal_of_an_agency_that_hides_no_house_is_seen_at_once(open_of: Any, vignettes: Any) -> None:
    dossier = open_of(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    row = next(row for row in dossier.plan.rows if row.service_type == "REI-MTPE")
    refused(dossier, dossier.of_row(row)[-1])
    assert [one.shown_at for one in dossier.of_row(row)] == [None, None]


def test_that_nobody_is_left_is_seen_at_the_half_hour_and_nothing_before_tells_it(open_of: Any) -> None:
    dossier = open_of(HOUSED, PLACES)
    before = seen(dossier)
    while (offer := asked(dossier)).status is Status.REQUESTED:
        refused(dossier, offer)
    assert offer.row_number in dossier.record.ended
    assert seen(dossier, HALF_PAST - timedelta(seconds=1)) == before
    unmet = [need for need in dossier.changes.unmet if need.row_number == offer.row_number]
    assert [(need.reason, need.shown_at) for need in unmet] == [("refused", HALF_PAST)]
    due_hours = min(dossier.row_of(offer).due_hours, 24)
    tasks = [task for task in dossier.changes.tasks if (task.code, task.row_number) == ("UNMET-NEED", offer.row_number)]
    assert [task.due_at for task in tasks] == [HALF_PAST + timedelta(hours=due_hours)]


def test_a_refusal_after_the_half_hour_waits_for_the_next_one_and_hides_nothing_seen_before(open_of: Any) -> None:
    dossier = open_of(HOUSED, PLACES)
    refused(dossier, asked(dossier))
    second = asked(dossier)
    seen_then = seen(dossier, HALF_PAST + timedelta(minutes=1))
    refused(dossier, second)
    assert seen(dossier, HALF_PAST + timedelta(minutes=29)) == seen_then
    dossier.now = HALF_PAST + timedelta(minutes=30)
    show_due(dossier)
    assert as_team_sees(dossier).referrals[second.referral_id].status is Status.REJECTED
    assert all(one.shown_at is None for one in dossier.referrals.values())


def test_a_silent_vital_front_door_is_no_refusal_and_its_call_does_not_wait(open_of: Any) -> None:
    dossier = open_of(HOUSED, PLACES)
    first = asked(dossier)
    call(dossier, first)
    (task,) = [task for task in dossier.changes.tasks if task.referral_id == first.referral_id]
    assert (task.code, task.shown_at) == ("CALL_NOW", None)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_next_full_half_hour_is_never_now_and_never_more_than_half_an_hour_away(moment: datetime) -> None:
    following = deadlines.next_half_hour(moment)
    assert timedelta() < following - moment <= timedelta(minutes=30)
    assert (following.minute % 30, following.second, following.microsecond) == (0, 0, 0)
