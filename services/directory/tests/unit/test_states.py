from __future__ import annotations

import pytest

from unavez_directory.domain.states import event_of
from unavez_shared.contracts.event_data import ServiceState
from unavez_shared.contracts.events import SERVICE_CHANGED, SERVICE_PUBLISHED, SERVICE_SUSPENDED, EventType


@pytest.mark.parametrize(
    ("was_active", "is_active", "expected"),
    [
        (False, True, SERVICE_PUBLISHED),
        (True, True, SERVICE_CHANGED),
        (True, False, SERVICE_SUSPENDED),
        (False, False, SERVICE_SUSPENDED),
    ],
)
def test_a_service_is_published_when_it_opens_and_suspended_when_it_closes(
    was_active: bool, is_active: bool, expected: EventType[ServiceState]
) -> None:
    assert event_of(was_active=was_active, is_active=is_active) is expected
