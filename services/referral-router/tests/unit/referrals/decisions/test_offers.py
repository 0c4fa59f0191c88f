"""Who is asked, who is asked next, and what is left when nobody is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from unavez_referral_router.domain.matching.areas import SAFE_DISTRICT
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.service import Service
from unavez_referral_router.domain.plan.consent import Consent, cover_of
from unavez_referral_router.domain.plan.plan import VITAL, Row
from unavez_referral_router.domain.referrals.case import ROUTER
from unavez_referral_router.domain.referrals.decisions.offers import offer_next, settle
from unavez_referral_router.domain.referrals.decisions.opening import open_plan
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Status
from unavez_tests.referral_parts import HELP, NOW, a_dossier, a_house, a_plan, a_row, a_rule, a_service


def opened(row: Row, *services: Service, **changed: Any) -> Dossier:
    dossier = a_dossier(a_plan(row, **changed), *services)
    open_plan(dossier)
    return dossier


def latest(dossier: Dossier) -> Referral:
    return list(dossier.referrals.values())[-1]


def refused(dossier: Dossier, reason: str | None = None) -> bool:
    """The latest offer is refused, and the next on the route is asked."""
    dossier.move(latest(dossier), Status.REJECTED, replace(ROUTER, reason=reason))
    return offer_next(dossier, dossier.plan.rows[0], reason=reason)


def codes(dossier: Dossier) -> list[str]:
    return [task.code for task in dossier.changes.tasks]


def test_the_route_is_asked_one_after_the_other_each_by_a_referral_of_its_own() -> None:
    services = [a_service() for _ in range(3)]
    dossier = opened(a_row(*services), *services)
    assert refused(dossier)
    assert refused(dossier)
    assert not refused(dossier)
    asked = list(dossier.referrals.values())
    assert [one.service_id for one in asked] == [service.service_id for service in services]
    assert len({one.referral_id for one in asked} | {one.referral_code for one in asked}) == 6


def test_a_receiver_reads_its_own_department_but_none_for_a_hidden_house_or_a_safe_district() -> None:
    service, house = a_service(), a_house()
    assert latest(opened(a_row(service), service)).department == "15"
    assert latest(opened(a_row(service, jurisdiction=SAFE_DISTRICT), service)).department is None
    offer = latest(opened(a_row(house), house))
    assert (offer.organization_id, offer.department) == (house.front_door_id, None)


def test_an_organization_that_has_an_open_offer_of_the_row_is_not_asked_again_for_another_service_of_it() -> None:
    first = a_service()
    same, other = a_service(organization_id=first.organization_id), a_service()
    row = a_row(first, same, other, rules=(a_rule(VITAL),))
    dossier = opened(row, first, same, other)
    offer_next(dossier, dossier.plan.rows[0])
    assert latest(dossier).service_id == other.service_id


def test_by_consent_alone_only_whom_she_agreed_to_is_asked() -> None:
    own, stand_in = a_service(), a_service("PSY-NGO")
    consents = (Consent(HELP, None, None, None),)
    receivers = [(own.organization_id, HELP), (stand_in.organization_id, "PSY-NGO")]
    cover = cover_of(consents, receivers=receivers, row_type=HELP, agreed_to_row=False)
    dossier = opened(a_row(own, stand_in, cover=cover), own, stand_in)
    assert not refused(dossier)
    assert [one.service_id for one in dossier.referrals.values()] == [own.service_id]


def test_a_service_that_closed_is_passed_by_and_a_front_door_is_asked_for_any_house_it_has_left() -> None:
    closed, house = a_service(), a_house()
    row = a_row(closed, house, service_type=HELP)
    another = a_house(house.front_door_id)
    dossier = opened(row, another)
    offer = latest(dossier)
    assert (offer.organization_id, offer.service_id) == (house.front_door_id, another.service_id)


@pytest.mark.parametrize(
    ("reason", "hidden", "why"),
    [(None, False, "refused"), ("no_place", False, "full"), ("no_place", True, "refused"), ("other", True, "refused")],
)
def test_the_unmet_need_says_full_only_where_that_tells_nothing_of_a_hidden_house(
    reason: str | None, hidden: bool, why: str
) -> None:
    service = a_house() if hidden else a_service()
    dossier = opened(a_row(service), service)
    refused(dossier, reason)
    assert [need.reason for need in dossier.changes.unmet] == [why]
    assert codes(dossier)[-1] == "UNMET-NEED"
    assert dossier.record.ended == {0}


def test_a_row_nobody_could_be_asked_for_is_out_of_area_or_looks_refused_where_a_front_door_is_in_its_list() -> None:
    service, house = a_service(), a_house()
    for listed, why in ((service, "out_of_area"), (house, "refused")):
        dossier = opened(replace(a_row(listed), route=()), listed)
        assert [need.reason for need in dossier.changes.unmet] == [why]


def test_a_row_is_given_up_once() -> None:
    service = a_service()
    dossier = opened(a_row(service), service)
    refused(dossier)
    offer_next(dossier, dossier.plan.rows[0])
    settle(dossier)
    assert len(dossier.changes.unmet) == 1


@pytest.mark.parametrize(
    ("changed", "code", "phone"),
    [
        ({"delivery": "call"}, "CALL_NOW", "+51 1 5550100"),
        ({"delivery": "paper"}, "HAND_OVER_PAPER", "+51 1 5550100"),
    ],
)
def test_who_has_no_system_is_called_or_handed_a_sheet(changed: Any, code: str, phone: str) -> None:
    service = a_service(**changed)
    dossier = opened(a_row(service), service)
    (task,) = dossier.changes.tasks
    assert (task.code, task.phone, task.referral_id) == (code, phone, latest(dossier).referral_id)


def test_the_number_of_a_hidden_house_is_in_no_task() -> None:
    house = a_house(delivery="call")
    (task,) = opened(a_row(house), house).changes.tasks
    assert (task.code, task.phone, task.phone_verified_on) == ("CALL_NOW", None, None)


def test_who_is_called_has_its_whole_time_from_when_her_team_sees_it_and_a_machine_from_now() -> None:
    later = NOW + timedelta(minutes=26)
    for delivery, offered_at in (("call", later), ("system", NOW)):
        service = a_service(delivery=delivery)
        dossier = a_dossier(a_plan(a_row(service, due_hours=24)), service)
        with dossier.unseen(later):
            open_plan(dossier)
        offer = latest(dossier)
        assert offer.offered_at == offered_at
        assert offer.respond_by == offered_at + timedelta(hours=6)


def test_asking_whom_she_avoids_is_told_to_her_and_so_is_a_stand_in_of_a_kind_she_refuses() -> None:
    avoided, stand_in = a_service(), a_service("PSY-NGO")
    assert codes(opened(a_row(avoided), avoided, avoided=(avoided.organization_id,))) == ["TOLD-FIRST"]
    row = a_row(stand_in, service_type=HELP)
    assert codes(opened(row, stand_in, avoided_types=("PSY-NGO",))) == ["TOLD-FIRST"]
    assert codes(opened(a_row(avoided), avoided, avoided_types=(HELP,))) == [], "she is told when the plan is opened"


def test_the_body_a_row_goes_through_gets_a_milestone_on_its_own_open_referral() -> None:
    house, unit = a_house(), a_service("PRO-UPE")
    rows = (a_row(unit), a_row(house, number=1, rules=(a_rule(via="PRO-UPE"),)))
    dossier = a_dossier(a_plan(*rows), house, unit)
    open_plan(dossier)
    (milestone,) = dossier.changes.milestones
    assert (milestone.kind, milestone.value) == ("placement", "offered")
    assert milestone.referral.organization_id == unit.organization_id


def test_while_a_coordinator_is_waited_for_a_vital_row_is_a_call_to_the_first_on_its_route_and_no_offer() -> None:
    vital, other = a_service("HLT-EMER"), a_service()
    plan = a_plan(a_row(vital, rules=(a_rule(VITAL),)), a_row(other, number=1))
    dossier = a_dossier(plan, vital, other)
    dossier.record = replace(dossier.record, waits_since=NOW)
    open_plan(dossier)
    assert {one.status for one in dossier.referrals.values()} == {Status.DRAFT}
    (call,) = [task for task in dossier.changes.tasks if task.code == "CALL_NOW"]
    assert (call.row_number, call.referral_id) == (0, None)
    assert (call.receiver_organization_id, call.phone) == (vital.organization_id, vital.phone)
    assert "COORDINATOR-CONFIRMATION" in codes(dossier)


@pytest.mark.parametrize(
    ("rule", "code"),
    [(a_rule(second_confirmer=True), "SECOND-CONFIRMATION"), (a_rule(task="READINESS"), "READINESS")],
)
def test_a_draft_that_waits_for_a_person_opens_the_task_of_that_person(rule: Any, code: str) -> None:
    service = a_service()
    assert codes(opened(a_row(service, rules=(rule,)), service)) == [code]


def test_she_needs_a_lawyer_only_where_her_account_waits_for_one_and_none_can_come() -> None:
    service, lawyer = a_service(), a_service("JUS-SUNADEP")
    assert "LAWYER-NEEDED" in codes(opened(a_row(service), service, lawyer_first=True))
    assert "LAWYER-NEEDED" not in codes(opened(a_row(lawyer), lawyer, lawyer_first=True))
    assert "LAWYER-NEEDED" not in codes(opened(a_row(service), service, lawyer_first=True, complete=False))
    assert "LAWYER-NEEDED" not in codes(opened(a_row(service), service))


def test_nobody_in_an_empty_directory_is_asked() -> None:
    service = a_service()
    dossier = opened(a_row(service), service)
    dossier.directory = Directory()
    assert not refused(dossier)
