"""Suppression > her refusal > vital interest > legal duty > consent (SAFETY N11), and consent row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from unavez_referral_router.api.plan_view import preview_view
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.plan.conditions import IF_CONFIRMED, withheld_for
from unavez_referral_router.domain.plan.consent import Consent
from unavez_referral_router.domain.plan.digest import rows_of
from unavez_referral_router.domain.plan.grants import grants, shown_categories
from unavez_referral_router.domain.plan.plan import Avoided, Plan, Row
from unavez_referral_router.domain.referrals.decisions.confirmation import Confirmer, confirm
from unavez_referral_router.domain.referrals.dossier import Dossier

WOMAN_IN_DANGER = {
    "age": 30,
    "gender": "F",
    "incident": ["GBV_PARTNER"],
    "danger": "imminent",
    "police_collusion": False,
}
LIMA = {"current": "150101"}


def row_of(plan: Plan, service_type: str) -> Row:
    return next(row for row in plan.rows if row.service_type == service_type)


def held(plan: Plan, service_type: str) -> list[str] | None:
    return withheld_for(plan, row_of(plan, service_type), IF_CONFIRMED)


def test_an_adult_who_refuses_is_not_brought_even_what_would_save_her(plan_of: Any) -> None:
    plan = plan_of(WOMAN_IN_DANGER, LIMA, avoided_types=frozenset({"CH-105"}))
    row = row_of(plan, "CH-105")
    assert row.unmet is not None
    assert (row.candidates, row.unmet.reason, held(plan, "CH-105")) == ((), "survivor_declined", ["consent"])


def test_the_refusal_of_a_minor_stops_neither_vital_interest_nor_duty_and_she_is_told_first(open_of: Any) -> None:
    facts = {**WOMAN_IN_DANGER, "age": 15}
    dossier = open_of(facts, LIMA, avoided_types=frozenset({"CH-105", "PRO-UPE"}))
    offered = {referral.service_type for referral in dossier.referrals.values() if referral.offered_at}
    assert {"CH-105", "PRO-UPE"} <= offered
    told = {order.service_type for order in dossier.changes.tasks if order.code == "TOLD-FIRST"}
    assert told == {"CH-105", "PRO-UPE"}


def test_the_refusal_of_a_minor_does_stop_what_needs_consent(plan_of: Any, vignettes: Any) -> None:
    vignette = vignettes["V01"]
    plan = plan_of(vignette["facts"], vignette["places"], avoided_types=frozenset({"PSY-CSO"}))
    assert held(plan, "PSY-CSO") == ["consent"]


def test_an_organization_she_avoids_is_never_asked_for_an_adult_and_last_for_a_minor(plan_of: Any) -> None:
    first = row_of(plan_of(WOMAN_IN_DANGER, LIMA), "PRO-SAU").candidates[0].organization_id
    avoid = frozenset({first})
    adult = row_of(plan_of(WOMAN_IN_DANGER, LIMA, avoided_organizations=avoid), "PRO-SAU")
    assert first not in {candidate.organization_id for candidate in adult.candidates if candidate.fallback_for is None}
    minor = row_of(plan_of({**WOMAN_IN_DANGER, "age": 15}, LIMA, avoided_organizations=avoid), "PRO-SAU")
    local = [candidate.organization_id for candidate in minor.candidates if candidate.fallback_for is None]
    assert local[-1] == first


def test_a_suppressed_service_is_no_row_no_fallback_and_nobody_inside_its_building(
    plan_of: Any, directory: Directory
) -> None:
    facts = {**WOMAN_IN_DANGER, "police_collusion": True, "wants_report": "yes"}
    plan = plan_of(facts, LIMA)
    assert {noted.code for noted in plan.suppressed} == {"CH-105", "JUS-PNP"}
    first = row_of(plan, "PRO-CEM").candidates[0].service_id
    assert first is not None
    center = directory.get(first)
    assert center is not None
    inside = replace(center, co_located_with=frozenset({"JUS-PNP"}))
    moved = plan_of(facts, LIMA, within=directory.updated({center.service_id: inside}))
    assert center.service_id not in {candidate.service_id for candidate in row_of(moved, "PRO-CEM").candidates}


def test_without_any_consent_only_the_consent_rows_wait_for_it(plan_of: Any, vignettes: Any) -> None:
    plan = plan_of(vignettes["V01"]["facts"], vignettes["V01"]["places"], agreed_to_all=False)
    waiting = {row.service_type for row in plan.rows if "consent" in (withheld_for(plan, row, IF_CONFIRMED) or ())}
    assert waiting == {row.service_type for row in plan.rows if row.basis == "consent"}


def test_agreeing_to_a_preview_covers_exactly_its_rows(plan_of: Any, directory: Directory, vignettes: Any) -> None:
    facts, places = vignettes["V09"]["facts"], vignettes["V09"]["places"]
    shown = plan_of(facts, places)
    assert withheld_for(shown, shown.rows[0], IF_CONFIRMED) is None
    gone = row_of(shown, "REI-MTPE").candidates[0].service_id
    assert gone is not None
    since = directory.updated({gone: None})
    posted = plan_of(facts, places, within=since, shown_digest=shown.digest)
    differing = {row.service_type for row in posted.rows if withheld_for(posted, row, IF_CONFIRMED) == ["consent"]}
    assert "REI-MTPE" in differing
    same = {row.service_type for row in posted.rows if row.digest in {other.digest for other in shown.rows}}
    assert differing == {row.service_type for row in posted.rows} - same
    assert same


def test_a_real_installation_takes_no_agreement_to_something_unseen(plan_of: Any, vignettes: Any) -> None:
    plan = plan_of(vignettes["V09"]["facts"], vignettes["V09"]["places"], unseen_counts=False)
    assert {str(withheld_for(plan, row, IF_CONFIRMED)) for row in plan.rows} == {"['consent']"}


@pytest.mark.parametrize("text", [None, "", "v1.", "v1.%%%", "v2.AAAA", "v1.ñ", "v1." + "A" * 3999])
def test_a_string_that_is_not_a_digest_of_ours_covers_nothing_of_a_plan(
    text: str | None, plan_of: Any, vignettes: Any
) -> None:
    digests = {bytes.fromhex(row.digest) for row in plan_of(vignettes["V09"]["facts"], vignettes["V09"]["places"]).rows}
    assert digests.isdisjoint(rows_of(text))


def test_named_categories_narrow_a_consent_rule_and_never_widen_it(plan_of: Any, vignettes: Any) -> None:
    vignette = vignettes["V09"]
    named = Consent("PSY-CSO", None, ("DEMO", "CRIME"), None)
    plan = plan_of(vignette["facts"], vignette["places"], agreed_to_all=False, consents=(named,))
    row = row_of(plan, "PSY-CSO")
    assert withheld_for(plan, row, IF_CONFIRMED) is None
    assert shown_categories(plan, row, IF_CONFIRMED) == ["ROUTE", "DEMO"]
    assert held(plan, "REI-EDU") == ["consent"]


def test_what_stands_in_no_rule_leaves_only_under_a_consent_that_names_it(plan_of: Any, vignettes: Any) -> None:
    vignette = vignettes["V09"]
    named = Consent("PSY-CSO", None, ("DEMO", "SOGIESC", "ACCOUNT_FULL"), None)
    plan = plan_of(vignette["facts"], vignette["places"], consents=(named,))
    row = row_of(plan, "PSY-CSO")
    given = {g.rule_id: g.categories for g in grants(plan, row, IF_CONFIRMED, row.cover.widest)}
    assert given["consent"] == ["SOGIESC"]  # the whole account goes to JUS-* only


def test_an_expired_or_unconfirmed_consent_does_not_count(plan_of: Any, vignettes: Any) -> None:
    now = datetime(2026, 11, 20, 20, 4, tzinfo=UTC)
    expired = Consent("PSY-CSO", None, None, now - timedelta(days=1))
    overheard = Consent("REI-EDU", None, None, None, to_confirm=True)
    plan = plan_of(
        vignettes["V09"]["facts"], vignettes["V09"]["places"], agreed_to_all=False, consents=(expired, overheard)
    )
    assert held(plan, "PSY-CSO") == held(plan, "REI-EDU") == ["consent"]


def test_merged_consent_rules_without_named_categories_give_what_they_have_in_common(plan_of: Any) -> None:
    facts = {
        "age": 25,
        "gender": "F",
        "incident": ["TRAF"],
        "wants_report": "yes",
        "reprisal_risk": True,
    }
    plan = plan_of(facts, {"current": "150101", "exploitation": "150101"})
    row = row_of(plan, "PRO-UDAVIT")
    assert [rule.id for rule in row.rules] == ["A2", "P10"]
    assert shown_categories(plan, row, IF_CONFIRMED) == ["ROUTE", "ID", "SAFE_CONTACT", "SAFETY"]


def test_a_third_party_report_lets_nothing_leave_by_consent(plan_of: Any) -> None:
    facts = {"age": 25, "incident": ["TRAF"], "third_party": True, "wants_report": "yes"}
    plan = plan_of(facts, LIMA)
    assert {row.basis for row in plan.rows} == {"legal_duty"}
    assert held(plan, "JUS-FISTRAP") == ["second_confirmer"]


@pytest.mark.parametrize("age", [25, 15])
def test_what_a_third_party_would_avoid_is_not_her_refusal_and_whoever_confirms_reads_it(
    age: int, open_of: Any
) -> None:
    facts = {"age": age, "incident": ["TRAF"], "danger": "imminent", "police_collusion": False, "third_party": True}
    plain = _confirmed_twice(open_of(facts, LIMA))
    named = {
        "avoided_types": frozenset({row.service_type for row in plain.plan.rows} | {"PRO-DEMUNA"}),
        "avoided_organizations": frozenset(c.organization_id for row in plain.plan.rows for c in row.candidates),
    }
    dossier = _confirmed_twice(open_of(facts, LIMA, **named))
    assert [row.candidates for row in dossier.plan.rows] == [row.candidates for row in plain.plan.rows]
    assert [row.route for row in dossier.plan.rows] == [row.route for row in plain.plan.rows]
    assert all(plain.of_row(row) for row in plain.plan.rows)
    assert [r.status for r in dossier.referrals.values()] == [r.status for r in plain.referrals.values()]
    assert "TOLD-FIRST" not in {order.code for order in dossier.changes.tasks}
    assert preview_view(plain.plan)["reporter_avoids"] is None
    assert preview_view(dossier.plan)["reporter_avoids"] == {
        "organization_ids": sorted(named["avoided_organizations"]),
        "service_types": sorted(named["avoided_types"]),
    }


def _confirmed_twice(dossier: Dossier) -> Dossier:
    confirm(dossier, Confirmer("CO-1", coordinator=True), second=None)
    return dossier


def test_a_third_partys_wish_is_kept_with_the_plan(plan_of: Any) -> None:
    plan = plan_of({"age": 25, "incident": ["TRAF"], "third_party": True}, LIMA, avoided_types=frozenset({"CH-105"}))
    adapter = TypeAdapter(Plan)
    kept = adapter.validate_json(adapter.dump_json(plan))
    assert kept.reporter_avoids == plan.reporter_avoids == Avoided((), ("CH-105",))
    before = {name: value for name, value in adapter.dump_python(plan).items() if name != "reporter_avoids"}
    assert adapter.validate_python(before).reporter_avoids is None
