"""What matching needs to know of her."""

from __future__ import annotations

from typing import Any

import pytest

from unavez_referral_router.domain.matching.person import person_of
from unavez_tests.referral_parts import a_house, a_person, a_service


@pytest.mark.parametrize(
    ("facts", "ages", "band"),
    [
        ({"age": 29}, (29, 29), (18, 29)),
        ({"age": 30}, (30, 30), (30, 59)),
        ({"age": 13, "is_minor": True}, (13, 13), (12, 13)),
        ({"is_minor": True}, (0, 17), (0, 17)),
        ({}, (18, 120), (18, 120)),
    ],
)
def test_her_age_is_known_exactly_or_as_wide_as_what_is_known(facts: Any, ages: Any, band: Any) -> None:
    person = person_of(facts, None)
    assert (person.lowest_age, person.highest_age) == ages
    assert person.band == band


def test_a_minor_of_doubtful_age_is_within_the_limits_of_a_house_for_children() -> None:
    person = person_of({"age": 18, "age_doubt": True, "is_minor": True}, None)
    assert a_house(minimum_age=12, maximum_age=17).accepts_ages(person.lowest_age, person.highest_age)
    assert person.band == (14, 17)


@pytest.mark.parametrize(
    ("facts", "group"),
    [
        ({"gender": "F"}, "women"),
        ({"gender": "M"}, "men"),
        ({"gender": "TM"}, "men"),
        ({"gender": "TF"}, "lgbtiq"),
        ({"gender": "F", "lgbtiq": True}, "lgbtiq"),
        ({"gender": "TF", "lgbtiq": True, "placement_group": "women"}, "women"),
        ({"gender": "M", "placement_group": "any"}, "men"),
        ({}, None),
        ({"is_minor": True, "gender": "F"}, "girls"),
        ({"is_minor": True, "gender": "M", "placement_group": "men"}, "boys"),
        ({"is_minor": True, "gender": "NB"}, None),
    ],
)
def test_where_she_wants_to_be_comes_before_what_is_assumed_of_her(facts: Any, group: str | None) -> None:
    assert person_of(facts, None).group == group


@pytest.mark.parametrize(("with_her", "counts"), [(2, True), (1, True), (0, False), (None, False)])
def test_only_children_who_are_with_her_count(with_her: int | None, counts: bool) -> None:
    assert person_of({"children_with": with_her}, None).with_children is counts


def test_a_house_that_states_no_group_takes_women_and_neither_men_nor_lgbtiq_people() -> None:
    house = a_house()
    assert a_person(group="women").fits(house)
    assert not a_person(group="men").fits(house)
    assert not a_person(group="lgbtiq").fits(house)


def test_a_service_where_nobody_sleeps_and_that_states_no_group_takes_anybody() -> None:
    assert all(a_person(group=group).fits(a_service()) for group in ("women", "men", "lgbtiq", None))


def test_a_woman_with_children_is_taken_by_a_house_for_families_and_a_man_with_children_is_not() -> None:
    families = a_house(groups=frozenset({"family"}))
    assert a_person(with_children=True).fits(families)
    assert not a_person(with_children=False).fits(families)
    assert not a_person(group="men", with_children=True).fits(families)


@pytest.mark.parametrize(("current", "department"), [("150101", "15"), ("BO", None), (None, None)])
def test_her_department_is_known_only_of_a_district_of_peru(current: str | None, department: str | None) -> None:
    assert person_of({}, current).department == department
