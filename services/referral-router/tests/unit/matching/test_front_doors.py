"""Hidden houses (SAFETY N1): nothing that is shown depends on the road she came or whom she fears."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from unavez_referral_router.api.names import name_candidates
from unavez_referral_router.api.plan_view import preview_view
from unavez_referral_router.api.referral_view import team_view
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.referrals.case import ROUTER
from unavez_referral_router.domain.referrals.decisions.confirmation import Confirmer, confirm
from unavez_referral_router.domain.referrals.decisions.steps import take_step
from unavez_referral_router.domain.referrals.events import state_of
from unavez_referral_router.domain.referrals.states import Status
from unavez_shared.protocol.places import districts, provinces

HOUSED = {
    "woman": ({"age": 29, "gender": "F", "incident": ["TRAF"], "needs_shelter": True}, "SHL-HRT"),
    "girl": ({"age": 15, "gender": "F", "incident": ["TRAF"], "needs_shelter": True}, "SHL-CARE"),
    "boy": ({"age": 15, "gender": "M", "incident": ["TRAF"], "needs_shelter": True}, "SHL-CARU"),
    "man": ({"age": 29, "gender": "M", "incident": ["TRAF"], "needs_shelter": True}, "SHL-ALT"),
}


_OF_ONE_CASE = {"referral_id", "referral_code", "packet_url", "case_id", "team_organization_id"}
"""Random ids."""


def shelter_element(plan: Any, service_type: str, names: Directory | None = None) -> str:
    view = preview_view(plan) if names is None else name_candidates(preview_view(plan), names)
    row = next(row for row in view["referrals"] if row["service_type"] == service_type)
    unmet = [need for need in view["unmet"] if need["service_type"] == service_type]
    return json.dumps([row, unmet], default=str, sort_keys=True)


def shelter_row(plan: Any, service_type: str) -> Any:
    return next(row for row in plan.rows if row.service_type == service_type)


def shown_after_confirmation(dossier: Any, offer: Any, row: Any) -> list[Any]:
    """Return all that leaves the router about a row, but for the random ids of one case."""
    referral = team_view(offer, "https://unavez.example", demo=True)
    for name in _OF_ONE_CASE & referral.keys():
        del referral[name]
    changes = dossier.changes
    tasks = [(task.code, task.phone) for task in changes.tasks if task.row_number == row.number]
    unmet = [need.code for need in changes.unmet if need.row_number == row.number]
    told = state_of(dossier, offer).model_dump(exclude=_OF_ONE_CASE)
    return [referral, tasks, unmet, told]


@pytest.mark.parametrize("who", HOUSED)
def test_the_shelter_element_is_byte_identical_wherever_she_was_exploited_and_wherever_in_the_department_she_is(
    who: str, plan_of: Any, directory: Directory
) -> None:
    facts, service_type = HOUSED[who]
    all_districts = sorted(districts())
    currents = [code for code in all_districts if code.startswith("08")][:20]
    exploited = [next(code for code in all_districts if code.startswith(province)) for province in sorted(provinces())]
    assert (len(currents), len(exploited)) == (20, 196)
    seen = {
        shelter_element(plan_of(facts, {"current": current, "exploitation": place}), service_type, directory)
        for number, place in enumerate(exploited)
        for current in (currents if number % 14 == 0 else currents[number % 20 :][:1])
    }
    assert len(seen) == 1


def test_neither_origin_transit_danger_refused_organizations_nor_free_places_change_the_list(
    plan_of: Any, directory: Directory
) -> None:
    facts, service_type = HOUSED["woman"]
    places = {"current": "080101", "exploitation": "170101"}
    plain = plan_of(facts, places)
    houses = [
        service
        for service in directory.of_type("SHL-HRT")
        if service.front_door_id in {c.organization_id for row in plain.rows for c in row.candidates}
    ]
    full = directory.updated({house.service_id: replace(house, available=0) for house in houses})
    variants = [
        plan_of(facts, {**places, "origin": "080801", "transit": ["150101", "040101"]}),
        plan_of({**facts, "family_implicated": True, "danger": "possible"}, places),
        plan_of(facts, places, avoided_organizations=frozenset(house.front_door_id for house in houses)),
        plan_of(facts, places, within=full),
    ]
    assert {shelter_element(plan, service_type) for plan in variants} == {shelter_element(plain, service_type)}


def test_a_house_is_shown_as_its_front_door_only(plan_of: Any) -> None:
    facts, service_type = HOUSED["woman"]
    row = next(r for r in plan_of(facts, {"current": "080101"}).rows if r.service_type == service_type)
    assert row.place is None
    shown = preview_view(plan_of(facts, {"current": "080101"}))["referrals"]
    for candidate in next(r for r in shown if r["service_type"] == service_type)["candidates"]:
        assert candidate["service_id"] is None
        assert candidate["district"] is None
        assert candidate["score"] is None
        assert candidate["reasons"] == ["front_door"]
    doors = [candidate.organization_id for candidate in row.candidates]
    assert len(doors) == len(set(doors))


def test_a_front_door_is_told_only_of_its_houses_away_from_the_provinces_she_fled(
    plan_of: Any, directory: Directory
) -> None:
    facts, service_type = HOUSED["woman"]
    near, far = sorted(
        (house for house in directory.of_type(service_type) if house.served == ("08",)), key=lambda h: h.district or ""
    )
    row = shelter_row(plan_of(facts, {"current": "080101", "exploitation": [near.district]}), service_type)
    assert next(step.houses for step in row.route if step.organization_id == near.front_door_id) == (far.service_id,)


def test_a_front_door_whose_houses_are_all_full_is_asked_for_it_may_know_better(
    plan_of: Any, directory: Directory
) -> None:
    facts, service_type = HOUSED["woman"]
    plain = shelter_row(plan_of(facts, {"current": "080101"}), service_type)
    first = plain.route[0]
    houses = [h for h in directory.of_type(service_type) if h.front_door_id == first.organization_id]
    full = directory.updated({house.service_id: replace(house, available=0) for house in houses})
    row = shelter_row(plan_of(facts, {"current": "080101"}, within=full), service_type)
    assert row.candidates == plain.candidates
    assert set(row.route[0].houses or ()) == {house.service_id for house in houses}


def test_a_front_door_is_asked_for_each_kind_of_house_it_answers_for(open_of: Any, directory: Directory) -> None:
    facts, service_type = HOUSED["girl"]
    full = {house.service_id: replace(house, available=0) for house in directory.of_type(service_type)}
    dossier = open_of(facts, {"current": "080101"}, within=directory.updated(full))
    row = shelter_row(dossier.plan, service_type)
    asked = []
    while (offer := dossier.of_row(row)[-1]).status is Status.REQUESTED:
        asked.append(offer.receiving_type)
        take_step(dossier, offer, Status.REJECTED, replace(ROUTER, reason="other"))
    assert asked == ["SHL-CARE", "SHL-CARU", "SHL-CAR"]
    assert len({offer.organization_id for offer in dossier.of_row(row)}) == 1


def test_a_front_door_is_asked_though_the_house_it_was_listed_for_closed(open_of: Any, directory: Directory) -> None:
    facts, service_type = HOUSED["woman"]
    dossier = open_of(facts, {"current": "080101"}, confirmed_by=None)
    row = shelter_row(dossier.plan, service_type)
    step = row.route[0]
    dossier.directory = directory.updated({step.service_id: None})
    confirm(dossier, Confirmer("CW-12"), second=None)
    (offer,) = dossier.of_row(row)
    assert (offer.status, offer.organization_id) == (Status.REQUESTED, step.organization_id)
    assert [house.service_id for house in dossier.houses_of(offer) or ()] == [
        house for house in step.houses or () if house != step.service_id
    ]


def test_an_unmet_need_of_a_shelter_does_not_tell_that_its_houses_are_full(open_of: Any) -> None:
    facts, service_type = HOUSED["woman"]
    dossier = open_of(facts, {"current": "080101"})
    row = shelter_row(dossier.plan, service_type)
    while (offer := dossier.of_row(row)[-1]).status is Status.REQUESTED:
        take_step(dossier, offer, Status.REJECTED, replace(ROUTER, reason="no_place"))
    assert [need.reason for need in dossier.changes.unmet if need.row_number == row.number] == ["refused"]


def test_a_front_door_she_refuses_is_not_asked(plan_of: Any) -> None:
    facts, service_type = HOUSED["woman"]
    plain = shelter_row(plan_of(facts, {"current": "080101"}), service_type)
    refused = plain.route[0].organization_id
    row = shelter_row(plan_of(facts, {"current": "080101"}, avoided_organizations=frozenset({refused})), service_type)
    assert row.candidates == plain.candidates
    assert refused not in {step.organization_id for step in row.route}


def test_any_confidential_service_is_a_front_door_and_its_offer_goes_there(
    open_of: Any, directory: Directory, vignettes: Any
) -> None:
    vignette = vignettes["V09"]
    hidden = {
        service.service_id: replace(service, confidential=True, front_door_id=uuid4())
        for service in directory.of_type("REI-EDU")
    }
    dossier = open_of(vignette["facts"], vignette["places"], within=directory.updated(hidden))
    row = next(row for row in dossier.plan.rows if row.service_type == "REI-EDU")
    assert {candidate.service_id for candidate in row.candidates} == {None}
    (offer,) = dossier.of_row(row)
    assert offer.organization_id in {service.front_door_id for service in hidden.values()}
    assert offer.department is None


def test_previews_from_every_department_do_not_tell_where_a_house_stands(plan_of: Any, directory: Directory) -> None:
    facts, service_type = HOUSED["woman"]
    house = next(house for house in directory.of_type("SHL-HRT") if house.district is not None)
    seen = set()
    for stands_in in ("050101", "080101", "150101"):
        moved = replace(house, district=stands_in, served=("05",))
        others = {other.service_id: None for other in directory.of_type("SHL-HRT") if other is not house}
        within = directory.updated({**others, house.service_id: moved})
        seen.add(
            tuple(
                shelter_element(plan_of(facts, {"current": f"{department:02}0101"}, within=within), service_type)
                for department in range(1, 26)
            )
        )
    assert len(seen) == 1


def test_after_confirmation_a_front_door_none_of_whose_houses_fits_is_asked_like_any_other(
    open_of: Any, directory: Directory
) -> None:
    facts, service_type = HOUSED["woman"]
    house = next(house for house in directory.of_type(service_type) if house.district and house.served == ("08",))
    others = {
        other.service_id: None
        for kind in ("SHL-HRT", "SHL-ALT")
        for other in directory.of_type(kind)
        if other is not house
    }
    told = []
    for fled in (house.district, "170101"):
        places = {"current": "080101", "exploitation": [fled]}
        dossier = open_of(facts, places, within=directory.updated(others))
        row = shelter_row(dossier.plan, service_type)
        (offer,) = dossier.of_row(row)
        assert dossier.houses_of(offer) == (() if fled == house.district else (house,))
        seen = shown_after_confirmation(dossier, offer, row)
        told.append(json.dumps(seen, default=str, sort_keys=True))
    assert told[0] == told[1]
    assert '"requested"' in told[0]


def test_a_refused_kind_of_shelter_changes_no_list_but_her_team_hears_that_she_declined(
    open_of: Any, plan_of: Any
) -> None:
    facts, service_type = HOUSED["woman"]
    places = {"current": "080101"}
    refusing = {"avoided_types": frozenset({service_type})}
    plain, refused = plan_of(facts, places), plan_of(facts, places, **refusing)
    listed = [next(row for row in plan.rows if row.service_type == service_type) for plan in (plain, refused)]
    assert listed[0].candidates == listed[1].candidates
    dossier = open_of(facts, places, **refusing)
    assert [(order.service_type, order.reason) for order in dossier.changes.unmet] == [
        (service_type, "survivor_declined")
    ]
