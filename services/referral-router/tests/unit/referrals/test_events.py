"""The state of a referral as its events carry it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from unavez_referral_router.domain.referrals.events import scope_of, state_of
from unavez_tests.referral_parts import NOW, SHELTER, a_dossier, a_house, a_plan, a_referral, a_row, a_service


def test_a_draft_has_no_event() -> None:
    with pytest.raises(ValueError, match="no receiver"):
        state_of(a_dossier(a_plan(a_row())), a_referral(organization_id=None))


def test_a_receiver_reads_its_own_service_and_a_front_door_none_of_its_houses() -> None:
    service, house = a_service(), a_house()
    dossier = a_dossier(a_plan(a_row(service), a_row(house, number=1)), service, house)
    public = state_of(dossier, a_referral(organization_id=service.organization_id, service_id=service.service_id))
    assert (public.service_id, public.service_name) == (service.service_id, service.name)
    hidden = a_referral(
        row_number=1, organization_id=house.front_door_id, service_id=house.service_id, receiving_type=SHELTER
    )
    assert (state_of(dossier, hidden).service_id, state_of(dossier, hidden).service_name) == (None, None)


def test_no_receiver_reads_the_district_of_her_row() -> None:
    state = state_of(a_dossier(a_plan(a_row(a_service()))), a_referral(department="15"))
    assert state.district == "15"


def test_what_her_team_does_not_see_yet_is_marked_until_it_does() -> None:
    later = NOW + timedelta(minutes=26)
    dossier = a_dossier(a_plan(a_row(a_service())))
    veiled = a_referral(shown_at=later, shown_status="draft")
    assert (state_of(dossier, veiled).team_shown_at, state_of(dossier, veiled).team_status) == (later, "draft")
    dossier.now = later
    assert (state_of(dossier, veiled).team_shown_at, state_of(dossier, veiled).team_status) == (None, None)


def test_a_change_of_scope_carries_the_same_state_and_its_own_number() -> None:
    dossier = a_dossier(a_plan(a_row(a_service())))
    offer = a_referral(scope_version=3)
    assert scope_of(dossier, offer).scope_version == 3
    assert scope_of(dossier, offer).model_dump(exclude={"scope_version"}) == state_of(dossier, offer).model_dump()
