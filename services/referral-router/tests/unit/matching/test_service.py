"""One service of the directory, as matching knows it."""

from __future__ import annotations

import pytest

from unavez_tests.referral_parts import CUSCO, LIMA, a_house, a_service


def test_an_offer_for_a_hidden_house_goes_to_its_front_door_and_any_other_to_the_organization() -> None:
    house, public = a_house(), a_service()
    assert house.receiver_id == house.front_door_id
    assert public.receiver_id == public.organization_id


@pytest.mark.parametrize(
    ("lowest", "highest", "accepted"), [(12, 17, True), (17, 17, True), (11, 12, True), (18, 29, False), (0, 11, False)]
)
def test_any_age_within_the_limits_both_included_is_enough(lowest: int, highest: int, accepted: bool) -> None:
    assert a_service(minimum_age=12, maximum_age=17).accepts_ages(lowest, highest) is accepted


def test_who_serves_one_district_serves_part_of_its_department_and_not_the_rest_of_it() -> None:
    service = a_service(served=(LIMA,))
    assert service.serves_part_of("15")
    assert not service.serves_part_of("08")
    assert not service.serves("150102")


def test_who_serves_the_country_serves_every_district_and_part_of_every_department() -> None:
    service = a_service(served=("PE",))
    assert service.serves_country
    assert service.serves(CUSCO)
    assert service.serves_part_of("25")


@pytest.mark.parametrize(
    ("service_type", "interprets"),
    [("ACC-CIT", True), ("ACC-RENITLI", True), ("ACC-FOREIGN", True), ("ACC-LSP", False), ("ACC-TRANSPORT", False)],
)
def test_her_language_is_required_of_interpreters_of_spoken_languages_alone(
    service_type: str, interprets: bool
) -> None:
    assert a_service(service_type).interprets is interprets


def test_people_sleep_in_a_shelter_and_nowhere_else() -> None:
    assert a_house().is_lodging
    assert not a_service().is_lodging
