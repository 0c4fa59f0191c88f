"""The five synthetic cases over the fictional demo directory."""

from __future__ import annotations

from typing import Any

import pytest

from unavez_referral_router.domain.plan.conditions import withheld_for
from unavez_referral_router.domain.referrals.states import Status

CASES = ("V01", "V03", "V04", "V06", "V09")
HELD = {
    "V01": {"JUS-GESELL": ["task:READINESS"], "PRO-UDAVIT": ["after:JUS-FISTRAP"]},
    "V03": {"PRO-UDAVIT": ["after:JUS-FISTRAP"], "LAB-SUNAFIL": ["task:INSPECTION-RELEASE"]},
    "V04": {
        "CH-105": ["confirm:/facts/police_collusion"],
        "PRO-DEMUNA": ["confirm:/facts/family_implicated", "second_confirmer"],
        "REI-EDU-CHILD": ["after:SHL-HRT"],
    },
    "V06": {"PRO-UDAVIT": ["after:JUS-FISTRAP"], "JUS-GESELL": ["task:READINESS"]},
    "V09": {},
}


@pytest.mark.parametrize("case", CASES)
def test_rows_tasks_constraints_and_unmet_needs_are_the_expected_ones(
    case: str, plan_of: Any, vignettes: dict[str, Any]
) -> None:
    vignette = vignettes[case]
    plan = plan_of(vignette["facts"], vignette["places"])
    assert [
        {
            "service": row.service_type,
            "jurisdiction": row.jurisdiction,
            "basis": row.basis,
            "due_h": row.due_hours,
            "rules": [rule.id for rule in row.rules],
        }
        for row in sorted(plan.rows, key=lambda row: row.service_type)
    ] == sorted(vignette["expected_referrals"], key=lambda row: row["service"])
    noted = [noted.code for noted in (*plan.tasks, *plan.constraints)]
    assert sorted(noted) == sorted(vignette["expected_tasks_and_constraints"])
    assert sorted(noted.code for noted in plan.suppressed) == vignette["expected_suppressed"]
    unmet = {row.unmet.code for row in plan.rows if row.unmet}
    assert unmet == set(vignette["expected_unmet_if_directory_lacks"])


@pytest.mark.parametrize("case", CASES)
def test_everything_that_no_hold_guard_or_second_person_keeps_is_offered(
    case: str, open_of: Any, vignettes: dict[str, Any]
) -> None:
    dossier = open_of(vignettes[case]["facts"], vignettes[case]["places"])
    held = {}
    for row in dossier.plan.rows:
        reasons = withheld_for(dossier.plan, row, dossier.progress())
        if reasons is not None and row.candidates:
            held[row.service_type] = reasons
        made = dossier.of_row(row)
        if not row.candidates:
            assert made == []
        else:
            assert [referral.status for referral in made] == [
                Status.DRAFT if reasons is not None else Status.REQUESTED
            ], row.service_type
    assert held == HELD[case]


@pytest.mark.parametrize("case", CASES)
def test_nothing_but_vital_interest_leaves_before_a_named_worker_confirms(
    case: str, open_of: Any, vignettes: dict[str, Any]
) -> None:
    dossier = open_of(vignettes[case]["facts"], vignettes[case]["places"], confirmed_by=None)
    offered = {referral.service_type for referral in dossier.referrals.values() if referral.offered_at}
    vital = {row.service_type for row in dossier.plan.rows if row.vital and row.candidates}
    assert offered == vital - HELD[case].keys()


@pytest.mark.parametrize("case", CASES)
def test_what_a_receiver_must_never_read_is_in_no_grant(case: str, open_of: Any, vignettes: dict[str, Any]) -> None:
    dossier = open_of(vignettes[case]["facts"], vignettes[case]["places"])
    for referral in dossier.referrals.values():
        granted = {category for grant in dossier.grants_of(referral) for category in grant.categories}
        assert granted.isdisjoint({"SOGIESC", "ETHNICITY", "COMPELLED", "ACCOUNT_FULL"})
        for never in vignettes[case]["never_shares"]:
            if referral.service_type.startswith(never["to"].rstrip("*")):
                assert granted.isdisjoint(never["categories"]), referral.service_type
