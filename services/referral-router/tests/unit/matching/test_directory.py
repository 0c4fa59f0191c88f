"""The router's own picture of the directory."""

from __future__ import annotations

from uuid import uuid4

from unavez_referral_router.domain.matching.directory import Directory, Receiver
from unavez_tests.referral_parts import HELP, SHELTER, a_house, a_service


def test_services_of_a_type_and_houses_behind_a_door_stand_in_the_order_of_their_ids() -> None:
    door = uuid4()
    houses = [a_house(door) for _ in range(5)]
    directory = Directory(houses)
    expected = sorted(house.service_id for house in houses)
    assert [house.service_id for house in directory.of_type(SHELTER)] == expected
    assert [house.service_id for house in directory.houses(SHELTER)[door]] == expected
    assert directory.houses(HELP) == {}


def test_a_department_is_served_by_who_serves_any_part_of_it_and_any_department_by_all() -> None:
    here, there = a_service(served=("150101",)), a_service(served=("08",))
    directory = Directory([here, there])
    assert directory.serving(HELP, "15") == [here]
    assert set(directory.serving(HELP, None)) == {here, there}


def test_the_own_service_of_a_receiver_is_neither_hidden_nor_closed_nor_of_another() -> None:
    service, house = a_service(), a_house()
    directory = Directory([service, house])
    assert directory.own_service(service.organization_id, service.service_id) == service
    assert directory.own_service(uuid4(), service.service_id) is None
    assert directory.own_service(house.front_door_id, house.service_id) is None
    assert directory.own_service(house.organization_id, house.service_id) is None
    closed = directory.updated({service.service_id: None})
    assert closed.own_service(service.organization_id, service.service_id) is None


def test_who_runs_only_hidden_houses_has_no_public_name() -> None:
    service, house = a_service(), a_house()
    names = {service.organization_id: Receiver("Pública"), house.front_door_id: Receiver("Puerta")}
    directory = Directory([service, house], names)
    assert directory.public_name(service.organization_id) == "Pública"
    assert directory.public_name(house.front_door_id) is None
    assert directory.receiver(house.front_door_id) == Receiver("Puerta")
    assert directory.receiver(None) is None


def test_a_snapshot_in_use_does_not_change_when_the_directory_does() -> None:
    service, other = a_service(), a_service()
    before = Directory([service], {service.organization_id: Receiver("Antes")})
    after = before.updated(
        {service.service_id: None, other.service_id: other}, {other.organization_id: Receiver("Después")}
    )
    assert before.of_type(HELP) == [service]
    assert after.of_type(HELP) == [other]
    assert after.receiver(service.organization_id) == Receiver("Antes"), "who received an offer keeps its name"
