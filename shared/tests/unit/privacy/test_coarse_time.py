from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from unavez_shared.privacy.coarse_time import rounded_down, rounded_up


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_time_is_rounded_up_to_full_five_minutes(moment: datetime) -> None:
    rounded = rounded_up(moment)

    assert (rounded.minute % 5, rounded.second, rounded.microsecond) == (0, 0, 0)
    assert timedelta(0) <= rounded - moment < timedelta(minutes=5)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_deadline_is_rounded_down_to_full_five_minutes(moment: datetime) -> None:
    rounded = rounded_down(moment)

    assert (rounded.minute % 5, rounded.second, rounded.microsecond) == (0, 0, 0)
    assert timedelta(0) <= moment - rounded < timedelta(minutes=5)


def test_a_full_five_minutes_stays_and_comes_in_utc() -> None:
    peru = timezone(timedelta(hours=-5))

    for rounded in (rounded_up, rounded_down):
        assert rounded(datetime(2026, 11, 20, 10, 5, tzinfo=peru)) == datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
