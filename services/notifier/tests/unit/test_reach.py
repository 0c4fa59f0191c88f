from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from unavez_notifier.domain.reach import Reach, unreachable

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=14)
RECENTLY = NOW - timedelta(days=13, hours=23)


@pytest.mark.parametrize(
    ("healthy", "failing", "stopped", "last_read_at", "entered_at", "reason"),
    [
        (True, False, False, None, LONG_AGO, None),
        (True, True, False, None, LONG_AGO, None),
        (False, False, False, RECENTLY, LONG_AGO, None),
        (False, True, False, RECENTLY, LONG_AGO, "failing"),
        (False, False, False, None, RECENTLY, None),
        (False, False, False, None, LONG_AGO, "no_channel"),
        (False, False, False, LONG_AGO, LONG_AGO, "no_channel"),
        (False, True, False, None, RECENTLY, "failing"),
        (False, True, False, LONG_AGO, LONG_AGO, "failing"),
        (True, False, True, None, LONG_AGO, None),
        (False, False, True, RECENTLY, LONG_AGO, None),
        (False, False, True, None, RECENTLY, "no_channel"),
        (False, True, True, None, RECENTLY, "failing"),
    ],
)
def test_organization_without_a_working_channel_needs_a_person(
    healthy: bool, failing: bool, stopped: bool, last_read_at: datetime | None, entered_at: datetime, reason: str | None
) -> None:
    reach = Reach(uuid4(), healthy, failing, stopped, last_read_at)
    assert unreachable(reach, entered_at=entered_at, now=NOW) == reason
