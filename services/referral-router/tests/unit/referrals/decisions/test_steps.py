"""What follows in the plan when a referral is answered, worked on or ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from unavez_referral_router.domain.matching.service import Service
from unavez_referral_router.domain.plan.plan import VITAL, Awaits
from unavez_referral_router.domain.referrals.case import ROUTER, StepAuthor
from unavez_referral_router.domain.referrals.decisions.opening import open_plan
from unavez_referral_router.domain.referrals.decisions.steps import ANSWERED_ELSEWHERE, call, expire, take_step
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Party, Status
from unavez_tests.referral_parts import a_dossier, a_plan, a_row, a_rule, a_service

AGENCY = StepAuthor(Party.AGENCY, "AG-1", reason="other")
TEAM = StepAuthor(Party.TEAM, "CW-12")
COORDINATOR = StepAuthor(Party.COORDINATOR, "CW-01")


def vital(*services: Service) -> Dossier:
    return opened(a_dossier(a_plan(a_row(*services, rules=(a_rule(VITAL),))), *services))


def ordinary(*services: Service) -> Dossier:
    return opened(a_dossier(a_plan(a_row(*services)), *services))


def opened(dossier: Dossier) -> Dossier:
    open_plan(dossier)
    return dossier


def offers(dossier: Dossier) -> list[Referral]:
    return list(dossier.referrals.values())


def statuses(dossier: Dossier) -> list[Status]:
    return [one.status for one in offers(dossier)]


@pytest.mark.parametrize(
    ("path", "author"),
    [
        ([Status.REJECTED], AGENCY),
        ([Status.EXPIRED], ROUTER),
        ([Status.ACCEPTED, Status.FAILED], AGENCY),
        ([Status.ACCEPTED, Status.CANCELLED], AGENCY),
    ],
)
def test_who_refuses_is_silent_fails_or_gives_it_back_is_followed_by_the_next(
    path: list[Status], author: StepAuthor
) -> None:
    dossier = ordinary(a_service(), a_service())
    for status in path:
        take_step(dossier, offers(dossier)[0], status, author)
    assert statuses(dossier) == [path[-1], Status.REQUESTED]


@pytest.mark.parametrize(
    ("path", "author", "ended"),
    [
        ([Status.CANCELLED], TEAM, True),
        ([Status.ENTERED_IN_ERROR], COORDINATOR, True),
        ([Status.ACCEPTED, Status.COMPLETED], AGENCY, False),
    ],
)
def test_what_her_team_ends_is_offered_to_nobody_else_and_what_is_done_needs_nobody_else(
    path: list[Status], author: StepAuthor, ended: bool
) -> None:
    dossier = ordinary(a_service(), a_service())
    for status in path:
        take_step(dossier, offers(dossier)[0], status, author)
    assert statuses(dossier) == [path[-1]]
    assert dossier.record.ended == ({0} if ended else set())


def test_an_acceptance_withdraws_the_other_offers_of_its_row_and_of_no_other() -> None:
    services = [a_service() for _ in range(3)]
    other = a_service("HLT-CSMC")
    rows = (a_row(*services, rules=(a_rule(VITAL),)), a_row(other, number=1))
    dossier = opened(a_dossier(a_plan(*rows), *services, other))
    first = next(one for one in offers(dossier) if one.row_number == 0)
    expire(dossier, first)
    take_step(dossier, dossier.referrals[first.referral_id], Status.ACCEPTED, AGENCY)
    of_row = [one for one in offers(dossier) if one.row_number == 0]
    assert [(one.status, one.reason) for one in of_row] == [
        (Status.ACCEPTED, "other"),
        (Status.CANCELLED, ANSWERED_ELSEWHERE),
    ]
    assert [one.status for one in offers(dossier) if one.row_number == 1] == [Status.REQUESTED]


def test_nobody_is_asked_beside_one_who_helps_when_a_second_says_no() -> None:
    dossier = vital(a_service(), a_service(), a_service())
    expire(dossier, offers(dossier)[0])
    first, second = offers(dossier)
    dossier.move(second, Status.ACCEPTED, AGENCY)
    take_step(dossier, first, Status.REJECTED, AGENCY)
    assert statuses(dossier) == [Status.REJECTED, Status.ACCEPTED]


def test_of_a_vital_row_that_asks_several_one_refusal_asks_nobody_more() -> None:
    dossier = vital(a_service(), a_service(), a_service())
    expire(dossier, offers(dossier)[0])
    take_step(dossier, offers(dossier)[0], Status.REJECTED, AGENCY)
    assert statuses(dossier) == [Status.REJECTED, Status.REQUESTED]


def test_a_vital_offer_nobody_answered_stays_and_a_person_gets_a_task() -> None:
    dossier = vital(a_service(), a_service())
    expire(dossier, offers(dossier)[0])
    assert statuses(dossier) == [Status.REQUESTED, Status.REQUESTED]
    assert offers(dossier)[0].escalated_at == dossier.now
    assert "VITAL-UNANSWERED" in {task.code for task in dossier.changes.tasks}


def test_any_other_offer_nobody_answered_has_expired() -> None:
    dossier = ordinary(a_service())
    expire(dossier, offers(dossier)[0])
    assert [(one.status, one.reason) for one in offers(dossier)] == [(Status.EXPIRED, "no_answer")]
    assert dossier.record.ended == {0}


def test_a_call_is_recorded_on_its_offer_and_names_the_number_of_its_receiver() -> None:
    service = a_service()
    dossier = vital(service)
    call(dossier, offers(dossier)[0])
    (task,) = dossier.changes.tasks
    assert (task.code, task.phone) == ("CALL_NOW", service.phone)
    assert offers(dossier)[0].called_at == dossier.now


def test_a_row_that_waited_for_another_leaves_when_that_is_accepted_or_has_ended() -> None:
    awaited, waiting = a_service("JUS-FIS"), a_service()
    hold = a_rule(awaits=Awaits(("JUS-FIS",), lifted_if_none=False))
    rows = (a_row(awaited), a_row(waiting, number=1, rules=(hold,)))
    dossier = opened(a_dossier(a_plan(*rows), awaited, waiting))
    assert statuses(dossier) == [Status.REQUESTED, Status.DRAFT]
    take_step(dossier, offers(dossier)[0], Status.ACCEPTED, AGENCY)
    assert statuses(dossier) == [Status.ACCEPTED, Status.REQUESTED]
    refused = opened(a_dossier(a_plan(*rows), awaited, waiting))
    take_step(refused, offers(refused)[0], Status.REJECTED, AGENCY)
    assert statuses(refused) == [Status.REJECTED, Status.DRAFT]
    assert "RELEASE-JUS-FIS" in {task.code for task in refused.changes.tasks}


def test_the_answer_of_a_row_that_goes_through_a_body_is_a_milestone_of_that_body() -> None:
    unit, placed = a_service("PRO-UPE"), a_service("SHL-X", confidential=False)
    rows = (a_row(unit), a_row(placed, number=1, rules=(a_rule(via="PRO-UPE"),)))
    dossier = opened(a_dossier(a_plan(*rows), unit, placed))
    take_step(dossier, next(one for one in offers(dossier) if one.row_number == 1), Status.ACCEPTED, AGENCY)
    assert [milestone.value for milestone in dossier.changes.milestones] == ["offered", "accepted"]


def test_a_step_her_team_takes_shows_all_that_was_unseen_of_its_row() -> None:
    dossier = ordinary(a_service(), a_service())
    first = offers(dossier)[0]
    dossier.put(replace(first, shown_at=dossier.now + timedelta(minutes=9), shown_status="draft", shown_version=0))
    take_step(dossier, offers(dossier)[0], Status.CANCELLED, TEAM)
    assert offers(dossier)[0].shown_at is None
    assert dossier.changes.shown_rows == {0}


def test_an_acceptance_leaves_the_refusals_before_it_as_they_are() -> None:
    dossier = ordinary(a_service(), a_service())
    take_step(dossier, offers(dossier)[0], Status.REJECTED, AGENCY)
    take_step(dossier, offers(dossier)[1], Status.ACCEPTED, AGENCY)
    assert statuses(dossier) == [Status.REJECTED, Status.ACCEPTED]


def test_a_step_that_opens_more_of_another_offer_rescopes_that_offer() -> None:
    awaited, other = a_service("JUS-FIS"), a_service()
    hold = a_rule("legal_duty", id="T2", awaits=Awaits(("JUS-FIS",), lifted_if_none=False))
    rows = (a_row(awaited), a_row(other, number=1, rules=(a_rule(), hold)))
    dossier = opened(a_dossier(a_plan(*rows), awaited, other))
    first, second = offers(dossier)
    take_step(dossier, first, Status.ACCEPTED, AGENCY)
    assert dossier.changes.rescoped == [second.referral_id]


def test_a_vital_row_nobody_is_left_for_ends_what_others_wait_for() -> None:
    silent, waiting = a_service("HLT-EMER"), a_service()
    hold = a_rule(awaits=Awaits(("HLT-EMER",), lifted_if_none=False))
    rows = (a_row(silent, rules=(a_rule(VITAL),)), a_row(waiting, number=1, rules=(hold,)))
    dossier = opened(a_dossier(a_plan(*rows), silent, waiting))
    expire(dossier, offers(dossier)[0])
    assert statuses(dossier) == [Status.REQUESTED, Status.DRAFT]
    assert "RELEASE-HLT-EMER" in {task.code for task in dossier.changes.tasks}
