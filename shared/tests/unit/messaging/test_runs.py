from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from unavez_shared.contracts.event_data import PlanState, UnmetState
from unavez_shared.contracts.events import NEED_UNMET, PLAN_MADE, EventType
from unavez_shared.messaging.event import Event
from unavez_shared.messaging.runs import runs, without_repeats
from unavez_shared.messaging.subscriptions import Subscriptions
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.ids import uuid7

CASES = [uuid4() for _ in range(3)]


def event(event_type: EventType[Any], case_id: UUID, subject: str) -> Event[Any]:
    organization_id = uuid4()
    data: PlanState | UnmetState
    if event_type is PLAN_MADE:
        data = PlanState(
            plan_id=uuid4(),
            case_id=case_id,
            organization_id=organization_id,
            status="proposed",
            protocol_version="1",
            demo=True,
        )
    else:
        data = UnmetState(
            unmet_id=uuid4(),
            case_id=case_id,
            plan_id=uuid4(),
            organization_id=organization_id,
            service_type="X",
            code="X",
            reason="x",
            demo=True,
        )
    return Event(uuid7(), event_type, subject, datetime.now(UTC), 1, data)


async def one(_: Sequence[Event[Any]], _work: UnitOfWork) -> None:
    raise AssertionError("nothing is applied here")


async def other(_: Sequence[Event[Any]], _work: UnitOfWork) -> None:
    raise AssertionError("nothing is applied here")


APART: Subscriptions = {PLAN_MADE: one, NEED_UNMET: other}
TOGETHER: Subscriptions = {PLAN_MADE: one, NEED_UNMET: one}


def concerns(item: Event[Any], value: UUID | str) -> bool:
    return value in {item.subject, item.data.case_id}


def test_interleaved_cases_make_few_runs() -> None:
    events = [event(kind, case, f"{case}") for case in CASES for kind in (PLAN_MADE, NEED_UNMET)]
    assert [(handler, [item.event_type for item in run]) for handler, run in runs(events, APART)] == [
        (one, [PLAN_MADE] * 3),
        (other, [NEED_UNMET] * 3),
    ]


def test_types_of_one_handler_make_one_run_in_the_order_they_came() -> None:
    events = [event(kind, case, f"{case}") for case in CASES for kind in (PLAN_MADE, NEED_UNMET)]
    assert runs(events, TOGETHER) == [(one, events)]


@given(st.lists(st.tuples(st.sampled_from([PLAN_MADE, NEED_UNMET]), st.sampled_from(CASES), st.sampled_from("abc"))))
def test_runs_belong_to_one_handler_each_and_keep_the_order_of_subjects_and_cases(
    drawn: list[tuple[EventType[Any], UUID, str]],
) -> None:
    events = [event(*item) for item in drawn]
    result = runs(events, APART)
    assert all(APART[item.event_type] is handler for handler, run in result for item in run)
    flat = [item for _, run in result for item in run]
    assert sorted(item.id for item in flat) == sorted(item.id for item in events)
    for value in [*CASES, *"abc"]:
        assert [item.id for item in flat if concerns(item, value)] == [
            item.id for item in events if concerns(item, value)
        ]


@given(st.lists(st.sampled_from(["a1", "a2", "b1", "c1"])))
def test_parts_keep_the_order_and_hold_each_key_once(drawn: list[str]) -> None:
    parts = without_repeats(drawn, lambda item: item[0])
    assert [item for part in parts for item in part] == drawn
    assert all(len({item[0] for item in part}) == len(part) > 0 for part in parts)


def test_items_of_different_keys_are_one_part() -> None:
    assert without_repeats(range(100), lambda item: item) == [list(range(100))]
