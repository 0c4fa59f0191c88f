"""Her language: whom it keeps from being asked, and whom it only ranks (peru.md 5.9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from unavez_referral_router.domain.directory import Directory
from unavez_referral_router.domain.row import Plan, Row

CUSCO = {"current": "080101"}
WITHOUT_SPANISH = {"age": 30, "spanish_ok": False}


def row_of(plan: Plan, service_type: str) -> Row:
    return next(row for row in plan.rows if row.service_type == service_type)


def speaking(directory: Directory, service_type: str, *languages: str) -> Directory:
    """Let every service of one type speak these languages and no other."""
    changed = {o.service_id: replace(o, languages=frozenset(languages)) for o in directory.of_type(service_type)}
    return directory.updated(changed)


def test_sign_language_is_found_for_whoever_speaks_any_language(open_of: Any) -> None:
    dossier = open_of({"age": 30, "disability": ["hearing"], "lang": "quz"}, CUSCO, confirmed_by=None)
    row = row_of(dossier.plan, "ACC-LSP")
    assert (row.basis, row.unmet) == ("vital_interest", None)
    assert [referral.service_type for referral in dossier.referrals.values() if referral.offered_at] == ["ACC-LSP"]


@pytest.mark.parametrize("service_type", ["ACC-LSP", "ACC-TRANSPORT"])
def test_help_that_interprets_no_spoken_language_is_not_dropped_for_hers(
    service_type: str, plan_of: Any, directory: Directory
) -> None:
    facts = {"age": 30, "lang": "quz", "disability": ["hearing"], "needs_transport": True}
    row = row_of(plan_of(facts, CUSCO, within=speaking(directory, service_type, "spa")), service_type)
    assert row.candidates
    assert row.unmet is None


@pytest.mark.parametrize(("service_type", "lang"), [("ACC-CIT", "quz"), ("ACC-FOREIGN", "hat")])
def test_an_interpreter_of_other_languages_is_not_asked(
    service_type: str, lang: str, plan_of: Any, directory: Directory
) -> None:
    within = speaking(speaking(directory, service_type, "shp", "por"), "ACC-RENITLI", "shp")
    row = row_of(plan_of({**WITHOUT_SPANISH, "lang": lang}, CUSCO, within=within), service_type)
    assert row.unmet is not None
    assert (row.candidates, row.unmet.reason) == ((), "no_interpreter")
