"""Whom a named consent lets be asked, and what it opens for whom: she needs a lawyer and a psychologist in Cusco."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from unavez_referral_router.adapters.plan_document import open_plan, seal_plan
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.plan.conditions import IF_CONFIRMED, withheld_for
from unavez_referral_router.domain.plan.consent import Consent
from unavez_referral_router.domain.plan.grants import grants, shown_categories
from unavez_referral_router.domain.plan.plan import Plan, Row
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_shared.privacy.fields import CaseCipher

FACTS = {"age": 29, "gender": "F", "incident": ["TRAF"], "wants_psych": True}
CUSCO = {"current": "080101"}
NOW = datetime(2027, 1, 1, tzinfo=UTC)


def asks(service_type: str | None = None, organization_id: UUID | None = None, *categories: str) -> Consent:
    return Consent(service_type, organization_id, categories or None, None)


def row_of(plan: Plan, service_type: str) -> Row:
    return next(row for row in plan.rows if row.service_type == service_type)


def without(directory: Directory, *service_types: str) -> Directory:
    return directory.updated({o.service_id: None for kind in service_types for o in directory.of_type(kind)})


def offered(dossier: Dossier) -> list[tuple[str, str | None]]:
    return sorted((r.service_type, r.receiving_type) for r in dossier.referrals.values() if r.offered_at)


def test_a_consent_for_one_kind_of_service_brings_only_the_row_that_asks_for_it(
    open_of: Any, directory: Directory
) -> None:
    within = without(directory, "JUS-SUNADEP", "HLT-CSMC")
    dossier = open_of(FACTS, CUSCO, within=within, agreed_to_all=False, consents=(asks("PSY-CSO"),))
    assert {c.service_type for c in row_of(dossier.plan, "JUS-SUNADEP").candidates} == {"PSY-CSO"}
    assert offered(dossier) == [("PSY-CSO", "PSY-CSO")]
    assert withheld_for(dossier.plan, row_of(dossier.plan, "JUS-SUNADEP"), IF_CONFIRMED) == ["consent"]


def test_a_row_only_stand_ins_could_take_waits_until_she_agrees_to_them_too(open_of: Any, directory: Directory) -> None:
    within = without(directory, "JUS-SUNADEP")
    alone = open_of(FACTS, CUSCO, within=within, agreed_to_all=False, consents=(asks("JUS-SUNADEP"),))
    assert offered(alone) == []
    assert withheld_for(alone.plan, row_of(alone.plan, "JUS-SUNADEP"), IF_CONFIRMED) == ["consent"]
    both = (asks("JUS-SUNADEP"), asks("PSY-CSO", None, "PSY_MIN", "ID"))
    dossier = open_of(FACTS, CUSCO, within=within, agreed_to_all=False, consents=both)
    assert offered(dossier) == [("JUS-SUNADEP", "PSY-CSO"), ("PSY-CSO", "PSY-CSO")]
    lawyer = next(r for r in dossier.referrals.values() if r.service_type == "JUS-SUNADEP")
    assert lawyer.organization_id is not None
    agreed = row_of(dossier.plan, "JUS-SUNADEP").cover.of(lawyer.organization_id, "PSY-CSO")
    assert agreed is not None
    (grant,) = dossier.grants_of(lawyer)
    assert (grant.open, agreed.covers(grant.categories)) == (True, {"ID"})


def test_this_organization_for_this_service_is_nobody_else_and_nothing_else(plan_of: Any, open_of: Any) -> None:
    first, *others = row_of(plan_of(FACTS, CUSCO), "PSY-CSO").candidates
    named = (asks("PSY-CSO", first.organization_id),)
    dossier = open_of(FACTS, CUSCO, agreed_to_all=False, consents=named)
    assert offered(dossier) == [("PSY-CSO", "PSY-CSO")]
    cover = row_of(dossier.plan, "PSY-CSO").cover
    assert cover.of(first.organization_id, "PSY-CSO") is not None
    assert others
    assert all(cover.of(other.organization_id, "PSY-CSO") is None for other in others)
    elsewhere = open_of(FACTS, CUSCO, agreed_to_all=False, consents=(asks("PSY-CSO", uuid4()),))
    assert offered(elsewhere) == []


def test_no_categories_let_nothing_but_the_need_be_read(open_of: Any) -> None:
    empty = Consent("PSY-CSO", None, (), None)
    dossier = open_of(FACTS, CUSCO, agreed_to_all=False, consents=(empty,))
    row = row_of(dossier.plan, "PSY-CSO")
    assert shown_categories(dossier.plan, row, IF_CONFIRMED) == ["ROUTE"]
    (offer,) = dossier.of_row(row)
    (grant,) = dossier.grants_of(offer)
    assert grant.categories == list(row.rules[0].categories), "the rule's: that she refused them shows nowhere"


def test_what_she_agreed_to_for_one_receiver_is_closed_for_another(plan_of: Any) -> None:
    plan = plan_of(FACTS, CUSCO)
    row = row_of(plan, "PSY-CSO")
    first, second, *_ = row.candidates
    named = (asks("PSY-CSO", first.organization_id, "ID"), asks("PSY-CSO", second.organization_id, "DEMO", "SOGIESC"))
    row = row_of(plan_of(FACTS, CUSCO, agreed_to_all=False, consents=named), "PSY-CSO")
    read = {}
    for candidate in (first, second):
        agreed = row.cover.of(candidate.organization_id, candidate.service_type)
        assert agreed is not None
        given = grants(plan, row, IF_CONFIRMED, agreed)
        read[candidate] = {category for g in given for category in agreed.covers(g.categories)}
    assert read == {first: set(), second: {"DEMO", "SOGIESC"}}


def test_a_receiver_another_basis_brought_reads_nothing_by_a_consent_that_is_not_for_it(plan_of: Any) -> None:
    plan = plan_of(FACTS, CUSCO)
    row = row_of(plan, "PSY-CSO")
    duty = replace(row.rules[0], id="D1", basis="legal_duty", categories=("ROUTE", "ID"))
    mixed = replace(row, rules=(duty, *row.rules))
    found = grants(plan, mixed, IF_CONFIRMED, None)
    assert [(g.rule_id, g.open) for g in found] == [("D1", True), ("H6", False)]


def test_a_plan_at_rest_keeps_what_she_agreed_to(plan_of: Any) -> None:
    consents = (asks("PSY-CSO", None, "ID", "SOGIESC"), Consent("HLT-CSMC", uuid4(), (), NOW))
    plan = plan_of(FACTS, CUSCO, agreed_to_all=False, consents=consents)
    cipher, case_id = CaseCipher(bytes(32)), uuid4()
    assert open_plan(seal_plan(plan, cipher, case_id), cipher, case_id) == plan
