"""What waits, for what, and what lets it go."""

from __future__ import annotations

from typing import Any

import pytest

from unavez_referral_router.domain.plan.conditions import withheld_for
from unavez_referral_router.domain.referrals.case import StepAuthor
from unavez_referral_router.domain.referrals.changes import Changes
from unavez_referral_router.domain.referrals.decisions.confirmation import Confirmer, confirm, release
from unavez_referral_router.domain.referrals.decisions.steps import take_step
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Party, Status
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError

AGENCY = StepAuthor(Party.AGENCY, "someone")


def offer_of(dossier: Dossier, service_type: str) -> Referral:
    return next(r for r in reversed(dossier.referrals.values()) if r.service_type == service_type)


def held(dossier: Dossier, service_type: str) -> list[str] | None:
    row = next(row for row in dossier.plan.rows if row.service_type == service_type)
    return withheld_for(dossier.plan, row, dossier.progress())


def tasks(dossier: Dossier) -> set[str]:
    return {order.code for order in dossier.changes.tasks}


def test_udavit_is_offered_when_the_prosecutor_accepts(open_of: Any, vignettes: Any) -> None:
    dossier = open_of(vignettes["V01"]["facts"], vignettes["V01"]["places"])
    assert held(dossier, "PRO-UDAVIT") == ["after:JUS-FISTRAP"]
    take_step(dossier, offer_of(dossier, "JUS-FISTRAP"), Status.ACCEPTED, AGENCY)
    assert offer_of(dossier, "PRO-UDAVIT").status is Status.REQUESTED


def test_a_fallback_that_accepts_satisfies_the_hold(open_of: Any, vignettes: Any) -> None:
    dossier = open_of(vignettes["V01"]["facts"], vignettes["V01"]["places"])
    take_step(dossier, offer_of(dossier, "JUS-FISTRAP"), Status.REJECTED, AGENCY)
    second = offer_of(dossier, "JUS-FISTRAP")
    assert (second.receiving_type, second.status) == ("JUS-FPEN", Status.REQUESTED)
    take_step(dossier, second, Status.ACCEPTED, AGENCY)
    assert offer_of(dossier, "PRO-UDAVIT").status is Status.REQUESTED


def test_a_hold_whose_awaited_row_ended_unmet_becomes_a_task(open_of: Any, vignettes: Any) -> None:
    dossier = open_of(vignettes["V01"]["facts"], vignettes["V01"]["places"])
    while (offer := offer_of(dossier, "JUS-FISTRAP")).status is Status.REQUESTED:
        take_step(dossier, offer, Status.REJECTED, AGENCY)
    assert held(dossier, "PRO-UDAVIT") == ["task:RELEASE-JUS-FISTRAP"]
    assert {"RELEASE-JUS-FISTRAP", "UNMET-NEED"} <= tasks(dossier)
    row = next(row for row in dossier.plan.rows if row.service_type == "PRO-UDAVIT")
    release(dossier, row.number, "RELEASE-JUS-FISTRAP")
    assert offer_of(dossier, "PRO-UDAVIT").status is Status.REQUESTED


def test_a_hold_without_its_row_is_lifted_where_the_rule_says_so_and_the_focal_point_is_told(
    open_of: Any, vignettes: Any
) -> None:
    dossier = open_of(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    assert offer_of(dossier, "PRO-UDAVIT").status is Status.REQUESTED
    assert tasks(dossier) == {"HOLD-LIFTED"}


def test_gesell_waits_for_readiness_whose_task_opens_with_the_plan(open_of: Any, vignettes: Any) -> None:
    dossier = open_of(vignettes["V01"]["facts"], vignettes["V01"]["places"])
    assert "READINESS" in tasks(dossier)
    row = next(row for row in dossier.plan.rows if row.service_type == "JUS-GESELL")
    release(dossier, row.number, "READINESS")
    assert offer_of(dossier, "JUS-GESELL").status is Status.REQUESTED


def test_an_unknown_guard_holds_even_a_vital_row_until_a_plan_that_shows_it_is_confirmed(
    open_of: Any, vignettes: Any
) -> None:
    dossier = open_of(vignettes["V04"]["facts"], vignettes["V04"]["places"])
    assert held(dossier, "CH-105") == ["confirm:/facts/police_collusion"]
    assert confirm(dossier, Confirmer("CW-12"), second=None)
    assert offer_of(dossier, "CH-105").status is Status.REQUESTED
    assert "CALL_NOW" in tasks(dossier)


def test_confirming_with_the_digest_of_a_preview_that_showed_the_guard_releases_it(
    open_of: Any, plan_of: Any, vignettes: Any
) -> None:
    facts, places = vignettes["V04"]["facts"], vignettes["V04"]["places"]
    digest = plan_of(facts, places).digest
    dossier = open_of(facts, places, shown_digest=digest)
    assert offer_of(dossier, "CH-105").status is Status.REQUESTED


def test_a_coordinator_who_did_not_confirm_first_releases_what_waits_for_a_second_person(
    open_of: Any, vignettes: Any
) -> None:
    facts = {**vignettes["V04"]["facts"], "family_implicated": False}
    dossier = open_of(facts, vignettes["V04"]["places"])
    assert held(dossier, "PRO-DEMUNA") == ["second_confirmer"]
    assert "SECOND-CONFIRMATION" in tasks(dossier)
    with pytest.raises(ConflictError, match=Conflict.SAME_PERSON.english):
        confirm(dossier, Confirmer("CW-12", coordinator=True), second=True)
    assert confirm(dossier, Confirmer("CW-13", coordinator=True), second=None)
    assert offer_of(dossier, "PRO-DEMUNA").status is Status.REQUESTED
    assert dossier.record.second_confirmed_by == "CW-13"


@pytest.mark.parametrize(
    ("changed", "service_type"), [({"age": 68}, "PRO-DPAM"), ({"family_implicated": False}, "PRO-DEMUNA")]
)
def test_a_second_frontline_colleague_is_no_second_person(
    changed: dict[str, Any], service_type: str, open_of: Any, vignettes: Any
) -> None:
    facts = {**vignettes["V04"]["facts"], **changed}
    dossier = open_of(facts, vignettes["V04"]["places"])
    assert held(dossier, service_type) == ["second_confirmer"]
    for second in (True, None):
        confirm(dossier, Confirmer("CW-12"), second=None)
        with pytest.raises(ConflictError, match=Conflict.COORDINATOR_NEEDED.english):
            confirm(dossier, Confirmer("CW-13"), second=second)
    assert held(dossier, service_type) == ["second_confirmer"]
    assert dossier.record.second_confirmed_by is None


def test_for_a_child_one_named_worker_is_enough(plan_of: Any) -> None:
    facts = {"age": 65, "gender": "F", "incident": ["GBV_FAMILY"], "danger": "possible", "wants_report": "yes"}
    adult, treated_as_a_child = (
        plan_of({**facts, **doubt}, {"current": "150101"}) for doubt in ({}, {"age_doubt": True})
    )
    for plan, waits in ((adult, True), (treated_as_a_child, False)):
        rules = [rule for row in plan.rows for rule in row.rules if rule.id == "P9"]
        assert [rule.second_confirmer for rule in rules] == [waits]


def test_duty_waits_until_she_was_told_but_the_protection_unit_does_not(open_of: Any, vignettes: Any) -> None:
    dossier = open_of(vignettes["V01"]["facts"], vignettes["V01"]["places"], duty_notice=False)
    assert held(dossier, "PRO-UPE") is None
    assert held(dossier, "JUS-FISTRAP") == ["tell_first"]
    assert offer_of(dossier, "PRO-UPE").status is Status.REQUESTED
    assert offer_of(dossier, "JUS-FISTRAP").status is Status.DRAFT


def test_a_draft_intake_lets_only_vital_interest_leave_and_cannot_be_confirmed(open_of: Any, vignettes: Any) -> None:
    dossier = open_of(vignettes["V01"]["facts"], vignettes["V01"]["places"], complete=False)
    offered = {referral.service_type for referral in dossier.referrals.values() if referral.offered_at}
    assert offered == {"HLT-EMER", "ACC-CIT"}
    with pytest.raises(ConflictError, match=Conflict.INTAKE_NOT_COMPLETE.english):
        confirm(dossier, Confirmer("CW-12"), second=None)


@pytest.mark.parametrize("case", ["V01", "V03", "V04", "V06", "V09"])
def test_a_draft_plans_vital_interest_and_what_protects_her_and_nothing_else(
    case: str, open_of: Any, plan_of: Any, vignettes: Any
) -> None:
    facts, places = vignettes[case]["facts"], vignettes[case]["places"]
    whole, dossier = plan_of(facts, places), open_of(facts, places, complete=False)
    draft = dossier.plan
    assert [row.service_type for row in draft.rows] == [row.service_type for row in whole.rows if row.vital]
    assert [row.number for row in draft.rows] == list(range(len(draft.rows)))
    assert (draft.tasks, {order.row_number for order in dossier.changes.unmet}) == (
        (),
        {row.number for row in draft.rows if row.unmet},
    )
    kept = [(plan.constraints, plan.suppressed, plan.handling, plan.open_facts) for plan in (whole, draft)]
    assert kept[0] == kept[1]


def test_confirming_a_draft_answers_the_guard_of_its_vital_offer_and_nothing_else(open_of: Any, vignettes: Any) -> None:
    dossier = open_of(vignettes["V04"]["facts"], vignettes["V04"]["places"], complete=False)
    assert offer_of(dossier, "CH-105").status is Status.DRAFT
    assert confirm(dossier, Confirmer("CW-12"), second=None)
    assert offer_of(dossier, "CH-105").status is Status.REQUESTED
    offered = {row.service_type for row in dossier.plan.rows for r in dossier.of_row(row) if r.offered_at}
    assert offered == {row.service_type for row in dossier.plan.rows if row.vital}
    assert dossier.record.status == "proposed"
    assert not confirm(dossier, Confirmer("CW-12"), second=None)


def test_a_draft_posted_with_a_worker_and_the_digest_of_a_preview_answers_the_guards_it_showed(
    open_of: Any, plan_of: Any, vignettes: Any
) -> None:
    facts, places = vignettes["V04"]["facts"], vignettes["V04"]["places"]
    digest = plan_of(facts, places).digest
    seen = {"complete": False, "shown_digest": digest}
    assert offer_of(open_of(facts, places, **seen), "CH-105").status is Status.REQUESTED
    for unseen in ({**seen, "confirmed_by": None}, {"complete": False}):
        assert offer_of(open_of(facts, places, **unseen), "CH-105").status is Status.DRAFT
    assert open_of(facts, places, **seen).record.status == "proposed"


def test_the_body_a_shelter_goes_through_hears_of_it_on_its_own_referral(open_of: Any, vignettes: Any) -> None:
    dossier = open_of(vignettes["V01"]["facts"], vignettes["V01"]["places"])
    protection_unit = offer_of(dossier, "PRO-UPE")
    heard = [(m.referral.referral_id, m.kind, m.value) for m in dossier.changes.milestones]
    assert heard == [(protection_unit.referral_id, "placement", "offered")]
    dossier.changes = Changes()
    take_step(dossier, offer_of(dossier, "SHL-CARE"), Status.ACCEPTED, AGENCY)
    assert [(m.kind, m.value) for m in dossier.changes.milestones] == [("placement", "accepted")]


def test_what_a_consent_rule_adds_to_a_vital_offer_opens_only_with_it(open_of: Any) -> None:
    facts = {
        "age": 30,
        "gender": "M",
        "incident": ["TRAF"],
        "danger": "imminent",
        "police_collusion": True,
        "wants_report": "yes",
    }
    places = {"current": "150101", "exploitation": "150102"}
    dossier = open_of(facts, places, confirmed_by=None)
    ombudsman = offer_of(dossier, "OVS-DEF")
    assert [(g.basis, g.open) for g in dossier.grants_of(ombudsman)] == [("vital_interest", True), ("consent", False)]
    dossier.changes = Changes()
    confirm(dossier, Confirmer("CW-12"), second=None)
    again = dossier.referrals[ombudsman.referral_id]
    assert [(g.basis, g.open) for g in dossier.grants_of(again)] == [("vital_interest", True), ("consent", True)]
    assert dossier.changes.rescoped == [ombudsman.referral_id]
    assert (again.version, again.scope_version) == (ombudsman.version, ombudsman.scope_version + 1)
    assert ombudsman.referral_id not in {step.referral_id for step in dossier.changes.steps}
    assert ombudsman.referral_id not in {referral_id for _, referral_id in dossier.changes.notices}
