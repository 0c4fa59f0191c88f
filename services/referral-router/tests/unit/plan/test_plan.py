"""A row: who stands in it under which name."""

from __future__ import annotations

from uuid import uuid4

from unavez_referral_router.domain.plan.plan import VITAL
from unavez_tests.referral_parts import SHELTER, a_house, a_row, a_rule, a_service


def test_the_front_door_of_a_row_is_found_by_the_kind_of_house_it_is_asked_for() -> None:
    house, public = a_house(), a_service()
    row = a_row(house, public)
    step = row.front_door(house.front_door_id, SHELTER)
    assert step is not None
    assert step.houses == (house.service_id,)
    assert row.front_door(house.front_door_id, "SHL-TRANSIT") is None
    assert row.front_door(public.organization_id, public.service_type) is None
    assert row.front_door(None, None) is None


def test_a_hidden_house_is_not_public_and_its_front_door_hides_it() -> None:
    house, public = a_house(), a_service()
    row = a_row(house, public)
    assert row.hides(house.front_door_id)
    assert not row.hides(public.organization_id)
    assert not row.is_public(house.service_id)
    assert row.is_public(public.service_id)
    assert not row.is_public(None)


def test_who_is_no_candidate_any_more_hides_nothing() -> None:
    assert not a_row().hides(uuid4())


def test_a_row_goes_through_the_first_body_a_rule_names() -> None:
    assert a_row(rules=(a_rule(VITAL), a_rule(via="PRO-UPE"), a_rule(via="JUS-FFAM"))).via == "PRO-UPE"
    assert a_row().via is None
