from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from unavez_shared.contracts.events import NEED_UNMET, PLAN_MADE, EventType, PlanState, UnmetState
from unavez_shared.messaging.event import Event
from unavez_shared.messaging.runs import runs
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


def concerns(item: Event[Any], value: UUID | str) -> bool:
    return value in {item.subject, item.data.case_id}


def test_interleaved_cases_make_few_runs() -> None:
    events = [event(kind, case, f"{case}") for case in CASES for kind in (PLAN_MADE, NEED_UNMET)]
    assert [[item.event_type for item in run] for run in runs(events)] == [[PLAN_MADE] * 3, [NEED_UNMET] * 3]


@given(st.lists(st.tuples(st.sampled_from([PLAN_MADE, NEED_UNMET]), st.sampled_from(CASES), st.sampled_from("abc"))))
def test_runs_hold_one_type_each_and_keep_the_order_of_subjects_and_cases(
    drawn: list[tuple[EventType[Any], UUID, str]],
) -> None:
    events = [event(*item) for item in drawn]
    result = runs(events)
    assert all(len({item.event_type for item in run}) == 1 for run in result)
    flat = [item for run in result for item in run]
    assert sorted(item.id for item in flat) == sorted(item.id for item in events)
    for value in [*CASES, *"abc"]:
        assert [item.id for item in flat if concerns(item, value)] == [
            item.id for item in events if concerns(item, value)
        ]
