"""She was forced to offend: crime and account wait for her lawyer, and somebody hears of it when none can come."""

from __future__ import annotations

from typing import Any

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.referrals.case import StepAuthor
from unavez_referral_router.domain.referrals.changes import Changes
from unavez_referral_router.domain.referrals.decisions.steps import take_step
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Party, Status

FORCED = {"age": 29, "gender": "F", "incident": ["TRAF"], "wants_report": "yes", "forced_to_offend": True}
CUSCO = {"current": "080101", "exploitation": "080101"}
AGENCY = StepAuthor(Party.AGENCY, "someone")
NARRATED = {"CRIME", "ACCOUNT_SUMMARY"}


def offer_of(dossier: Dossier, service_type: str) -> Referral:
    return next(r for r in reversed(dossier.referrals.values()) if r.service_type == service_type)


def has_lawyer(dossier: Dossier) -> bool:
    return dossier.progress().has_lawyer


def needed(dossier: Dossier) -> bool:
    return "LAWYER-NEEDED" in {order.code for order in dossier.changes.tasks}


def without(directory: Directory, *service_types: str) -> Directory:
    return directory.updated({o.service_id: None for kind in service_types for o in directory.of_type(kind)})


def test_a_plan_that_asks_for_no_lawyer_says_that_she_needs_one(open_of: Any) -> None:
    dossier = open_of({**FORCED, "stage_reintegration": True}, CUSCO)
    assert "JUS-SUNADEP" not in {row.service_type for row in dossier.plan.rows}
    assert needed(dossier)
    not_forced = open_of({**FORCED, "stage_reintegration": True, "forced_to_offend": False}, CUSCO)
    assert not needed(not_forced)


def test_a_draft_asks_for_no_lawyer_yet(open_of: Any) -> None:
    assert not needed(open_of(FORCED, CUSCO, complete=False))


def test_while_a_lawyer_may_come_there_is_no_task_and_when_all_have_refused_there_is(open_of: Any) -> None:
    dossier = open_of(FORCED, CUSCO)
    assert not needed(dossier)
    while (offer := offer_of(dossier, "JUS-SUNADEP")).status is Status.REQUESTED:
        take_step(dossier, offer, Status.REJECTED, AGENCY)
    assert needed(dossier)


def test_a_lawyer_she_refuses_and_one_nobody_can_find_are_needed_all_the_same(
    open_of: Any, directory: Directory
) -> None:
    assert needed(open_of(FORCED, CUSCO, avoided_types=frozenset({"JUS-SUNADEP"})))
    assert needed(open_of(FORCED, CUSCO, within=without(directory, "JUS-SUNADEP", "PSY-CSO")))


def test_who_stands_in_for_her_lawyer_is_her_lawyer_until_it_leaves(open_of: Any, directory: Directory) -> None:
    dossier = open_of(FORCED, CUSCO, within=without(directory, "JUS-SUNADEP"))
    lawyer = offer_of(dossier, "JUS-SUNADEP")
    assert lawyer.receiving_type == "PSY-CSO"
    take_step(dossier, lawyer, Status.ACCEPTED, AGENCY)
    assert has_lawyer(dossier)
    take_step(dossier, offer_of(dossier, "JUS-SUNADEP"), Status.CANCELLED, AGENCY)
    assert not has_lawyer(dossier)


def test_a_public_defender_who_stands_in_for_another_service_is_not_her_lawyer(
    open_of: Any, directory: Directory
) -> None:
    dossier = open_of(FORCED, CUSCO, within=without(directory, "PRO-CEM", "PRO-SAR"))
    center = offer_of(dossier, "PRO-CEM")
    assert center.receiving_type == "JUS-SUNADEP"
    take_step(dossier, center, Status.ACCEPTED, AGENCY)
    assert not has_lawyer(dossier)


def test_the_second_her_lawyer_accepts_moves_nothing_of_anybody_else(open_of: Any) -> None:
    dossier = open_of(FORCED, CUSCO)
    plain = open_of({**FORCED, "forced_to_offend": False}, CUSCO)
    prosecutor = offer_of(dossier, "JUS-FISTRAP")
    categories = {category for grant in dossier.grants_of(prosecutor) for category in grant.categories}
    assert categories >= NARRATED
    assert dossier.grants_of(prosecutor) == plain.grants_of(offer_of(plain, "JUS-FISTRAP"))
    dossier.changes = Changes()
    lawyer = offer_of(dossier, "JUS-SUNADEP")
    take_step(dossier, lawyer, Status.ACCEPTED, AGENCY)
    assert dossier.referrals[prosecutor.referral_id] == prosecutor
    assert [referral_id for _, referral_id in dossier.changes.notices] == [lawyer.referral_id]
    assert dossier.changes.rescoped == []
