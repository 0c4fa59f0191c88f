from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from unavez_shared.messaging.parked import BACKOFF, next_attempt
from unavez_shared.messaging.transient import is_contention, is_down

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class DriverError(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__()
        self.sqlstate = sqlstate


def database_error(sqlstate: str) -> DBAPIError:
    return DBAPIError("", None, DriverError(sqlstate))


def test_parked_message_is_tried_again_ever_later_and_then_waits_for_an_operator() -> None:
    assert next_attempt(1, NOW) == NOW + timedelta(seconds=1)
    assert list(BACKOFF) == sorted(BACKOFF)
    assert next_attempt(len(BACKOFF), NOW) == NOW + timedelta(hours=1)
    assert next_attempt(len(BACKOFF) + 1, NOW) is None


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        PoolTimeoutError(),
        database_error("57P01"),
        database_error("53100"),
        DBAPIError("", None, Exception(), connection_invalidated=True),
        DriverError("57P03"),
    ],
)
def test_database_that_is_away_pauses(error: Exception) -> None:
    assert is_down(error)


@pytest.mark.parametrize("sqlstate", ["40P01", "40001", "55P03", "57014"])
def test_transaction_in_the_way_is_tried_again(sqlstate: str) -> None:
    assert is_contention(database_error(sqlstate))
    assert not is_down(database_error(sqlstate))


@pytest.mark.parametrize(
    "error", [ValueError(), IntegrityError("", None, DriverError("23505")), database_error("42P01")]
)
def test_fault_of_the_handler_is_neither(error: Exception) -> None:
    assert not is_down(error)
    assert not is_contention(error)
