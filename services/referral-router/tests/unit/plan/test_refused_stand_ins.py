"""A kind of service she refuses does not come back as a stand-in for another (SAFETY N11)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from unavez_referral_router.api.plan_view import preview_view
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.plan.plan import Plan, Row

WOMAN = {"age": 29, "gender": "F", "incident": ["TRAF"], "wants_psych": True}
HOUSED = {"age": 29, "gender": "F", "incident": ["TRAF"], "needs_shelter": True}
GIRL = {"age": 15, "gender": "F", "incident": ["TRAF"], "needs_shelter": True}
CUSCO = {"current": "080101"}


def row_of(plan: Plan, service_type: str) -> Row:
    return next(row for row in plan.rows if row.service_type == service_type)


def without(directory: Directory, service_type: str) -> Directory:
    return directory.updated({o.service_id: None for o in directory.of_type(service_type)})


def kinds(who: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(one.service_type for one in who))


def test_an_adult_is_not_brought_what_she_refuses_by_way_of_another_row(open_of: Any, directory: Directory) -> None:
    within = without(directory, "HLT-CSMC")
    dossier = open_of(WOMAN, CUSCO, within=within, avoided_types=frozenset({"PSY-CSO"}))
    row = row_of(dossier.plan, "HLT-CSMC")
    assert (kinds(row.candidates), kinds(row.route)) == (["HLT-113"], ["HLT-113"])
    assert "PSY-CSO" not in {referral.receiving_type for referral in dossier.referrals.values()}
    assert "TOLD-FIRST" not in {order.code for order in dossier.changes.tasks}


def test_not_even_what_would_save_an_adult_comes_from_a_kind_of_service_she_refuses(plan_of: Any) -> None:
    facts = {"age": 30, "gender": "F", "incident": ["GBV_PARTNER"], "danger": "imminent", "police_collusion": False}
    row = row_of(plan_of(facts, CUSCO, avoided_types=frozenset({"PRO-CEM"})), "PRO-SAU")
    assert row.vital
    assert "PRO-CEM" not in kinds((*row.candidates, *row.route))


def test_where_the_law_does_not_let_her_refusal_count_it_is_asked_last_and_she_is_told(
    open_of: Any, directory: Directory
) -> None:
    refused = frozenset({"PRO-DEMUNA"})
    plain = open_of(GIRL, CUSCO, avoided_types=refused)
    row = row_of(plain.plan, "PRO-UPE")
    assert kinds(row.candidates) == kinds(row.route) == ["PRO-UPE", "JUS-JFAM", "PRO-DEMUNA"]
    assert "TOLD-FIRST" not in {order.code for order in plain.changes.tasks}

    nobody_else = without(without(directory, "PRO-UPE"), "JUS-JFAM")
    dossier = open_of(GIRL, CUSCO, within=nobody_else, avoided_types=refused)
    (offer,) = dossier.of_row(row_of(dossier.plan, "PRO-UPE"))
    assert offer.receiving_type == "PRO-DEMUNA"
    assert [order.service_type for order in dossier.changes.tasks if order.code == "TOLD-FIRST"] == ["PRO-UPE"]


def test_a_refused_kind_of_shelter_is_not_asked_and_the_list_does_not_tell_that_she_refuses_it(plan_of: Any) -> None:
    plain = plan_of(HOUSED, CUSCO)
    careful = plan_of(HOUSED, CUSCO, avoided_types=frozenset({"SHL-ALT"}))
    shown = [
        json.dumps([row for row in preview_view(plan)["referrals"] if row["service_type"] == "SHL-HRT"], default=str)
        for plan in (plain, careful)
    ]
    assert shown[0] == shown[1]
    assert kinds(row_of(plain, "SHL-HRT").route) == ["SHL-HRT", "SHL-ALT"]
    assert kinds(row_of(careful, "SHL-HRT").route) == ["SHL-HRT"]
