"""Her language: whom it keeps from being asked, and whom it only ranks (PROTOCOL 5.9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.languages import Fit
from unavez_referral_router.domain.matching.person import person_of
from unavez_referral_router.domain.matching.scoring import score
from unavez_referral_router.domain.plan.plan import Plan, Row
from unavez_shared.protocol import normalise

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


@pytest.mark.parametrize(
    ("said", "offered", "fit"),
    [
        ({"lang": "quz"}, {"spa", "quz"}, Fit.EXACT),
        ({"lang": "quz"}, {"spa", "quy"}, Fit.NONE),
        ({"lang": "quz"}, {"que"}, Fit.TO_CONFIRM),
        ({"lang": "quz"}, {"que", "quz"}, Fit.EXACT),
        ({"lang": "quz"}, {"aym"}, Fit.NONE),
        ({"lang": "que"}, {"spa", "qwh"}, Fit.TO_CONFIRM),
        ({"lang": "que"}, {"que"}, Fit.TO_CONFIRM),
        ({"lang": "que"}, {"spa", "ayr", "aym"}, Fit.NONE),
        ({"lang": "aym"}, {"ayc"}, Fit.TO_CONFIRM),
        ({"lang": "cni"}, {"que", "cpb"}, Fit.NONE),
        ({"lang": "mis", "lang_family": "indigenous"}, {"spa", "shp"}, Fit.TO_CONFIRM),
        ({"lang": "und", "lang_family": "indigenous"}, {"spa", "por"}, Fit.NONE),
        ({"lang_family": "indigenous"}, {"ayr"}, Fit.TO_CONFIRM),
        ({"lang_family": "foreign"}, {"por"}, Fit.TO_CONFIRM),
        ({"lang": "mis"}, {"spa", "shp"}, Fit.UNKNOWN),
        ({}, {"spa"}, Fit.UNKNOWN),
        ({"lang": "quz"}, set(), Fit.UNKNOWN),
    ],
)
def test_a_macro_code_fits_its_members_both_ways_and_one_member_never_another(
    said: dict[str, Any], offered: set[str], fit: Fit
) -> None:
    facts = normalise({"age": 30, **said}, None)
    assert person_of(facts, None).spoken.fit(offered) is fit


@pytest.mark.parametrize(
    "said", [{"lang": "que"}, {"lang_family": "indigenous"}, {"lang": "mis", "lang_family": "indigenous"}]
)
def test_a_macro_or_unknown_code_alone_never_leaves_a_row_unmet(said: dict[str, Any], plan_of: Any) -> None:
    row = row_of(plan_of({**WITHOUT_SPANISH, **said}, CUSCO), "ACC-CIT")
    assert row.unmet is None
    assert {"language_to_confirm" in candidate.reasons for candidate in row.candidates} == {True}


def test_an_interpreter_whose_variant_is_to_be_confirmed_is_asked_after_one_who_speaks_it(
    plan_of: Any, directory: Directory
) -> None:
    (center,) = directory.of_type("ACC-CIT")
    perhaps = replace(center, service_id=uuid4(), languages=frozenset({"que"}), available=3)
    within = directory.updated({perhaps.service_id: perhaps})
    row = row_of(plan_of({**WITHOUT_SPANISH, "lang": "quz"}, CUSCO, within=within), "ACC-CIT")
    asked = [(c.service_id, "language" in c.reasons) for c in row.candidates if c.fallback_for is None]
    assert asked == [(center.service_id, True), (perhaps.service_id, False)]


def test_elsewhere_an_uncertain_language_counts_less_than_hers_and_more_than_none(directory: Directory) -> None:
    center = directory.of_type("PRO-CEM")[0]
    person = person_of(normalise({"age": 30, "lang": "quz"}, None), None)

    def points(*languages: str) -> int:
        return score(replace(center, languages=frozenset(languages)), None, person, ())[0]

    assert points("quz") > points("que") > points("spa")
