from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.event_data import EventData, Report, State
from unavez_shared.contracts.event_type import EventType
from unavez_shared.contracts.events import (
    CASE_REGISTERED,
    CATALOGUE,
    PLAN_MADE,
    REFERRAL_RESCOPED_V1,
    consumed_by,
    published_by,
)
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.subscriptions import EventTable


async def handler(*_: Any) -> None:
    return None


def table(service: Service, *, without: EventType[Any] | None = None, also: EventType[Any] | None = None) -> EventTable:
    extra = set() if also is None else {also}
    publishes = (published_by(service) | extra) - {without}
    return EventTable(publishes, dict.fromkeys(consumed_by(service) - {without}, handler))


@pytest.mark.parametrize("service", Service)
def test_a_table_like_the_catalogue_passes(service: Service) -> None:
    table(service).check(service)


@pytest.mark.parametrize(
    ("forgotten", "message"),
    [
        (PLAN_MADE, "publica / publishes: falta / missing plan.made.v1"),
        (CASE_REGISTERED, "consume / consumes: falta / missing case.registered.v1"),
    ],
)
def test_a_forgotten_event_is_named_with_its_direction(forgotten: EventType[Any], message: str) -> None:
    with pytest.raises(StartupError) as refused:
        table(Service.REFERRAL_ROUTER, without=forgotten).check(Service.REFERRAL_ROUTER)
    assert str(refused.value).startswith("referral-router: ")
    assert message in str(refused.value)


@pytest.mark.parametrize("foreign", [CASE_REGISTERED, REFERRAL_RESCOPED_V1])
def test_an_event_of_another_service_or_of_another_time_is_not_its_own(foreign: EventType[Any]) -> None:
    with pytest.raises(StartupError, match=rf"publica / publishes: sobra / not its own {foreign.name}"):
        table(Service.REFERRAL_ROUTER, also=foreign).check(Service.REFERRAL_ROUTER)


class Undecided(EventData):
    pass


@pytest.mark.parametrize("data", [Undecided, BaseModel])
def test_an_event_says_whether_a_later_one_replaces_it_or_it_is_no_event(data: Any) -> None:
    with pytest.raises(TypeError, match=r"synthetic\.made\.v1: its data is a State or a Report"):
        EventType("synthetic.made.v1", "plan", Service.INTAKE, frozenset({Service.NOTIFIER}), data)
    kinds = [event.data for event in CATALOGUE.values()]
    assert all(issubclass(kind, State) != issubclass(kind, Report) for kind in kinds)
