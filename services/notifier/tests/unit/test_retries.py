from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from unavez_notifier.domain.retries import GIVE_UP_AFTER, next_attempt_at, next_handshake_at

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 5), (2, 30), (3, 120), (4, 600), (5, 3600), (6, 10800), (40, 10800)]
)
def test_waiting_time_grows_and_varies_by_a_fifth(attempts: int, seconds: int) -> None:
    for _ in range(50):
        again_at = next_attempt_at(attempts=attempts, first_attempt_at=NOW, now=NOW)
        assert again_at is not None
        assert seconds * 0.8 <= (again_at - NOW).total_seconds() <= seconds * 1.2


def test_after_three_days_nothing_is_tried_again() -> None:
    assert next_attempt_at(attempts=30, first_attempt_at=NOW - GIVE_UP_AFTER, now=NOW) is None
    assert next_attempt_at(attempts=30, first_attempt_at=NOW - GIVE_UP_AFTER + timedelta(seconds=1), now=NOW)


@pytest.mark.parametrize(("asked", "granted"), [(90, 90), (-5, 1), (0, 1), (10**6, 3 * 3600)])
def test_retry_after_is_honoured_within_reason(asked: int, granted: int) -> None:
    again_at = next_attempt_at(attempts=1, first_attempt_at=NOW, now=NOW, retry_after=timedelta(seconds=asked))
    assert again_at == NOW + timedelta(seconds=granted)


def test_handshake_is_asked_again_soon_and_then_more_rarely() -> None:
    waits = [next_handshake_at(attempts=attempts, now=NOW) - NOW for attempts in range(1, 12)]
    assert waits[0] == timedelta(seconds=1)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(minutes=30)
