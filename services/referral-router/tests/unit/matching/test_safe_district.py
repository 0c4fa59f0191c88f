"""A safe district beyond her department: the allowed provinces of her own first, then the rest of the country."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.plan.plan import Plan, Row

MOTHER = {"age": 29, "gender": "F", "incident": ["GBV_PARTNER"], "children_with": 2, "children_school_age": True}
SCHOOL = "REI-EDU-CHILD"
CALLAO, LIMA, CUSCO, QUISPICANCHI = "070101", "150101", "080101", "081201"


def schools(plan: Plan) -> Row:
    return next(row for row in plan.rows if row.service_type == SCHOOL)


def districts(row: Row, directory: Directory) -> list[str]:
    found = (directory.get(candidate.service_id) for candidate in row.candidates if candidate.service_id)
    return [service.district or "" for service in found if service is not None]


def test_her_own_department_comes_first_and_the_rest_of_the_country_after_it(
    plan_of: Any, directory: Directory
) -> None:
    row = schools(plan_of(MOTHER, {"current": CUSCO, "exploitation": [QUISPICANCHI]}))
    found = districts(row, directory)
    own = [district for district in found if district.startswith("08")]
    assert own
    assert found[: len(own)] == own
    assert len({district[:2] for district in found}) == 25
    assert "0812" not in {district[:4] for district in found}
    assert {"other_region" in candidate.reasons for candidate in row.candidates[: len(own)]} == {False}
    assert {"other_region" in candidate.reasons for candidate in row.candidates[len(own) :]} == {True}
    assert (row.place, row.unmet) == (None, None)


def test_whoever_flees_callao_its_one_province_is_found_a_school_in_the_country_the_nearest_first(
    open_of: Any, directory: Directory
) -> None:
    dossier = open_of({**MOTHER, "danger": "possible"}, {"current": CALLAO})
    row = schools(dossier.plan)
    found = districts(row, directory)
    assert "07" not in {district[:2] for district in found}
    assert found[0] == LIMA
    assert row.unmet is None
    (offer,) = dossier.of_row(row)
    assert (offer.offered_at is not None, offer.department, offer.district) == (True, None, None)


def test_it_is_unmet_only_when_no_allowed_province_has_it(plan_of: Any, directory: Directory) -> None:
    places = {"current": CALLAO}
    gone = {o.service_id: None for o in directory.of_type(SCHOOL) if (o.district or "")[:2] != "07"}
    row = schools(plan_of({**MOTHER, "danger": "possible"}, places, within=directory.updated(gone)))
    assert row.unmet is not None
    assert (row.candidates, row.unmet.reason) == ((), "out_of_area")


def test_the_list_of_a_shelter_is_not_widened(plan_of: Any, directory: Directory) -> None:
    far = replace(directory.of_type("SHL-ALT")[0], district="250101", served=("25",), groups=frozenset({"lgbtiq"}))
    within = directory.updated(
        {other.service_id: None for other in directory.of_type("SHL-ALT")} | {far.service_id: far}
    )
    facts = {"age": 29, "gender": "F", "incident": ["TRAF"], "needs_shelter": True, "lgbtiq": True}
    listed = {
        current: next(
            row.candidates
            for row in plan_of(facts, {"current": current}, within=within).rows
            if row.service_type == "SHL-ALT"
        )
        for current in (CALLAO, CUSCO, "250101")
    }
    assert [bool(candidates) for candidates in listed.values()] == [False, False, True]
