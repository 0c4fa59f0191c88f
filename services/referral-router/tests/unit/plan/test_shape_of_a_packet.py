"""What the router lets be read has one shape, whatever she refused and whatever waits for her lawyer (SAFETY N8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from unavez_referral_router.domain.plan.conditions import IF_CONFIRMED
from unavez_referral_router.domain.plan.consent import Consent
from unavez_referral_router.domain.plan.grants import grants, shown_categories
from unavez_referral_router.domain.plan.plan import CONSENT, Row
from unavez_referral_router.domain.referrals.case import StepAuthor
from unavez_referral_router.domain.referrals.changes import Changes
from unavez_referral_router.domain.referrals.decisions.steps import take_step
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.states import Party, Status

CASES = ("V01", "V03", "V04", "V06", "V09")
MERGED = {
    "facts": {"age": 25, "gender": "F", "incident": ["TRAF"], "wants_report": "yes", "reprisal_risk": True},
    "places": {"current": "150101", "exploitation": "150101"},
}
"""PRO-UDAVIT by A2 and P10, which ask for different categories."""
KEPT = (slice(0), slice(1), slice(1, None))


def offers(dossier: Dossier) -> Mapping[int, Any]:
    """Return what each live offer shows of itself to its receiver, by row."""
    return {
        referral.row_number: (
            referral.service_type,
            referral.status,
            referral.version,
            referral.scope_version,
            [(grant.rule_id, grant.open, grant.categories) for grant in dossier.grants_of(referral)],
            dossier.plan.handling,
        )
        for referral in dossier.referrals.values()
        if referral.offered_at is not None
    }


@pytest.mark.parametrize("case", CASES)
def test_two_cases_equal_but_for_what_she_was_forced_to_do_are_equal_to_everybody(
    case: str, open_of: Any, vignettes: Any
) -> None:
    facts, places = vignettes[case]["facts"], vignettes[case]["places"]
    plain, forced = open_of(facts, places), open_of({**facts, "forced_to_offend": True}, places)
    assert offers(plain) == offers(forced)
    for dossier in (plain, forced):
        dossier.changes = Changes()
        for referral in list(dossier.referrals.values()):
            if referral.service_type == "JUS-SUNADEP" and referral.status is Status.REQUESTED:
                take_step(dossier, referral, Status.ACCEPTED, StepAuthor(Party.AGENCY, "someone"))
    assert offers(plain) == offers(forced)
    assert len(plain.changes.notices) == len(forced.changes.notices)
    assert len(plain.changes.rescoped) == len(forced.changes.rescoped)


@pytest.mark.parametrize("case", [*CASES, "merged"])
def test_what_she_names_or_refuses_of_a_rule_stays_in_its_grant(case: str, plan_of: Any, vignettes: Any) -> None:
    hers = MERGED if case == "merged" else vignettes[case]
    facts, places = hers["facts"], hers["places"]
    whole = plan_of(facts, places)
    rows = [row for row in whole.rows if row.candidates and any(rule.basis == CONSENT for rule in row.rules)]
    shown = {row.number: shown_categories(whole, row, IF_CONFIRMED) for row in rows}
    some = [{row.number: tuple(shown[row.number][kept]) for row in rows} for kept in KEPT]
    every = {row.number: tuple({name for rule in row.rules for name in rule.categories}) for row in rows}
    for named in (*some, every):
        consents = tuple(Consent(row.service_type, None, named[row.number], None) for row in rows)
        refusing = plan_of(facts, places, agreed_to_all=False, consents=consents)
        for row in rows:
            for candidate in row.candidates[:3]:
                receiver = (candidate.organization_id, candidate.service_type)
                agreed = refusing.rows[row.number].cover.of(*receiver)
                if agreed is not None:
                    assert _brought(refusing, refusing.rows[row.number], agreed) == _brought(
                        whole, row, row.cover.of(*receiver)
                    )


def _brought(plan: Any, row: Row, agreed: Any) -> list[tuple[str, bool, list[str]]]:
    return [(grant.rule_id, grant.open, grant.categories) for grant in grants(plan, row, IF_CONFIRMED, agreed)]


def test_a_consent_that_names_more_than_merged_rules_share_shows_in_the_plan_alone(plan_of: Any) -> None:
    consents = (Consent("PRO-UDAVIT", None, ("ID", "NEEDS"), None),)
    plan = plan_of(**MERGED, agreed_to_all=False, consents=consents)
    (row,) = [row for row in plan.rows if row.service_type == "PRO-UDAVIT"]
    assert shown_categories(plan, row, IF_CONFIRMED) == ["ROUTE", "ID", "NEEDS"]
    given = {grant.rule_id: grant.categories for grant in grants(plan, row, IF_CONFIRMED, row.cover.widest)}
    assert given == {rule.id: list(rule.categories) for rule in row.rules}
