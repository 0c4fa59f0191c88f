"""More new cases than usual: nothing of one leaves before a coordinator confirms, and a life does not wait for her."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from unavez_referral_router.api.plan_view import preview_view
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.plan.conditions import withheld_for
from unavez_referral_router.domain.referrals.decisions.confirmation import Confirmer, confirm
from unavez_referral_router.domain.referrals.decisions.offers import settle
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.states import Status
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError

CASES = ("V01", "V03", "V04", "V06", "V09")
AUTHOR = "CW-12"
COORDINATOR = Confirmer("CO-1", coordinator=True)
GIRL = {"age": 15, "gender": "F", "incident": ["TRAF"], "needs_shelter": True}
CUSCO = {"current": "080101"}


def offered(dossier: Dossier) -> set[str]:
    return {referral.service_type for referral in dossier.referrals.values() if referral.offered_at is not None}


def called(dossier: Dossier) -> set[str | None]:
    return {order.service_type for order in dossier.changes.tasks if order.code == "CALL_NOW"}


def opened(open_of: Any, vignette: dict[str, Any], **changes: Any) -> Dossier:
    dossier: Dossier = open_of(vignette["facts"], vignette["places"], **changes)
    return dossier


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_nothing_of_a_case_that_waits_for_a_coordinator_leaves_and_vital_rows_are_calls_at_once(
    case: str, complete: bool, open_of: Any, vignettes: Any
) -> None:
    dossier = opened(open_of, vignettes[case], complete=complete, held_from=AUTHOR)
    assert offered(dossier) == set()
    assert {referral.status for referral in dossier.referrals.values()} <= {Status.DRAFT}
    assert dossier.changes.notices == dossier.changes.milestones == []
    plan = dossier.plan
    assert [withheld_for(plan, row, dossier.progress()) for row in plan.rows] == [["coordinator"]] * len(plan.rows)
    assert dossier.record.status == "proposed"
    asked = "COORDINATOR-CONFIRMATION" in {order.code for order in dossier.changes.tasks}
    assert asked is bool(dossier.referrals), "she is asked where something could leave"

    at_once = opened(open_of, vignettes[case], complete=complete, confirmed_by=None)
    assert called(dossier) == offered(at_once)
    assert {order.due_at for order in dossier.changes.tasks if order.code == "CALL_NOW"} <= {dossier.now}


@pytest.mark.parametrize("case", CASES)
def test_a_preview_never_shows_that_a_coordinator_is_waited_for(case: str, plan_of: Any, vignettes: Any) -> None:
    view = preview_view(plan_of(vignettes[case]["facts"], vignettes[case]["places"]))
    assert all("coordinator" not in (row["withheld_for"] or ()) for row in view["referrals"])


@pytest.mark.parametrize("case", CASES)
def test_one_confirmation_of_a_coordinator_lets_go_what_two_people_let_go_of_any_case(
    case: str, open_of: Any, vignettes: Any
) -> None:
    dossier, usual = (opened(open_of, vignettes[case], held_from=author) for author in (AUTHOR, None))
    for each in (dossier, usual):
        assert confirm(each, COORDINATOR, second=None)
    assert offered(dossier) == offered(usual)
    assert (dossier.record.status, dossier.record.confirmed_by) == ("confirmed", AUTHOR)
    assert dossier.record.second_confirmed_by == COORDINATOR.subject
    plan = dossier.plan
    assert all("coordinator" not in (withheld_for(plan, row, dossier.progress()) or ()) for row in plan.rows)


def test_what_nobody_confirmed_is_confirmed_and_let_go_in_one_step(open_of: Any, vignettes: Any) -> None:
    dossier = opened(open_of, vignettes["V01"], confirmed_by=None, held_from=AUTHOR)
    assert confirm(dossier, COORDINATOR, second=None)
    assert dossier.record.confirmed_by == COORDINATOR.subject
    assert {"HLT-EMER", "PRO-UPE", "JUS-FISTRAP"} <= offered(dossier)


@pytest.mark.parametrize("confirmed_by", [AUTHOR, None])
@pytest.mark.parametrize(
    "by", [Confirmer(AUTHOR), Confirmer(AUTHOR, coordinator=True), Confirmer("CW-13"), Confirmer("CW-14")]
)
def test_neither_who_registered_it_even_as_a_coordinator_nor_a_colleague_lets_it_go(
    by: Confirmer, confirmed_by: str | None, open_of: Any, vignettes: Any
) -> None:
    dossier = opened(open_of, vignettes["V01"], confirmed_by=confirmed_by, held_from=AUTHOR)
    confirm(dossier, by, second=None)
    with pytest.raises(ConflictError, match=Conflict.COORDINATOR_NEEDED.english):
        confirm(dossier, by, second=None)
    assert offered(dossier) == set()
    assert confirm(dossier, COORDINATOR, second=None)
    assert "JUS-FISTRAP" in offered(dossier)


def test_of_a_draft_a_coordinator_lets_vital_interest_go_and_nothing_else(open_of: Any, vignettes: Any) -> None:
    dossier = opened(open_of, vignettes["V01"], complete=False, held_from=AUTHOR)
    assert confirm(dossier, COORDINATOR, second=None)
    assert offered(dossier) == {"HLT-EMER", "ACC-CIT"}
    assert dossier.record.status == "proposed"


def test_nobody_is_sent_to_call_the_police_before_it_is_known_whether_they_are_part_of_it(
    open_of: Any, vignettes: Any
) -> None:
    dossier = opened(open_of, vignettes["V04"], held_from=AUTHOR)
    assert "CH-105" not in called(dossier)
    confirm(dossier, Confirmer("CW-12"), second=None)
    assert "CH-105" in called(dossier)
    assert offered(dossier) == set()


def test_a_call_for_a_case_that_waits_is_of_its_row_and_names_the_first_station_even_of_a_hidden_house(
    open_of: Any, directory: Directory
) -> None:
    dossier = open_of(GIRL, CUSCO, held_from=AUTHOR)
    row = next(row for row in dossier.plan.rows if row.service_type == "SHL-CARE")
    hidden = replace(
        row, basis="vital_interest", rules=tuple(replace(rule, basis="vital_interest") for rule in row.rules)
    )
    dossier.plan = replace(dossier.plan, rows=tuple(hidden if one is row else one for one in dossier.plan.rows))
    dossier.changes.tasks.clear()
    settle(dossier)
    calls = {order.service_type: order for order in dossier.changes.tasks if order.code == "CALL_NOW"}
    assert {order.referral_id for order in calls.values()} == {None}
    house = calls["SHL-CARE"]
    assert (house.receiver_organization_id, house.phone) == (row.route[0].organization_id, None)
    receiver = directory.receiver(house.receiver_organization_id)
    assert receiver is not None
    assert receiver.phone


def test_an_open_call_becomes_that_of_the_referral_when_it_leaves(open_of: Any, vignettes: Any) -> None:
    vignette = {**vignettes["V04"], "facts": {**vignettes["V04"]["facts"], "police_collusion": False}}
    dossier = opened(open_of, vignette, held_from=AUTHOR)
    dossier.changes.tasks.clear()
    confirm(dossier, COORDINATOR, second=None)
    (joined,) = [order for order in dossier.changes.joined_calls if order.service_type == "CH-105"]
    assert joined in dossier.changes.tasks, "the same order twice is one task"
    assert joined.referral_id in dossier.referrals
    assert joined.phone
    assert {order.service_type for order in dossier.changes.joined_calls} >= {"CH-105", "PRO-SAU"}
