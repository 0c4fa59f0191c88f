"""The deadlines as a table (CONTRACT "Clocks"): an answer's hours and the FHIR urgency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unavez_referral_router.domain.referrals import deadlines


@pytest.mark.parametrize(
    ("vital", "due_hours", "ack_hours", "hours"),
    [
        (True, 1, None, 0.25),
        (True, 24, 0, 0.25),
        (True, 1, 2, 2),
        (False, 24, None, 6),
        (False, 24, 0, 6),
        (False, 24, 1, 1),
        (False, 2, None, 1),
        (False, 4, None, 1),
        (False, 5, None, 1.25),
        (False, 288, None, 72),
        (False, 720, None, 72),
        (False, 720, 96, 96),
    ],
)
def test_an_answer_is_due_after_the_rules_hours_else_a_quarter_of_the_time_within_one_and_seventy_two(
    vital: bool, due_hours: float, ack_hours: float | None, hours: float
) -> None:
    assert deadlines.respond_hours(vital=vital, due_hours=due_hours, ack_hours=ack_hours) == hours


@pytest.mark.parametrize(
    ("vital", "due_hours", "urgency"),
    [
        (True, 720, "stat"),
        (False, 1, "asap"),
        (False, 12, "asap"),
        (False, 12.1, "urgent"),
        (False, 24, "urgent"),
        (False, 24.1, "routine"),
    ],
)
def test_urgency_is_fhirs(vital: bool, due_hours: float, urgency: str) -> None:
    assert deadlines.urgency(vital=vital, due_hours=due_hours) == urgency


_MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(_MOMENTS, _MOMENTS, _MOMENTS, st.integers(1, 2_160))
def test_what_an_agency_reads_as_due_counts_from_its_own_offer_whenever_she_was_interviewed(
    one: datetime, other: datetime, offered_at: datetime, due_hours: int
) -> None:
    hours = timedelta(hours=due_hours)
    shown = {
        deadlines.receivers_due_at(due_at=captured_at + hours, captured_at=captured_at, offered_at=offered_at)
        for captured_at in (one, other)
    }
    (due_at,) = shown
    assert timedelta() <= offered_at + hours - due_at < timedelta(minutes=5)
    assert due_at.timestamp() % 300 == 0


def test_an_offer_carries_these_deadlines(open_of: Any, vignettes: Any) -> None:
    captured_at = datetime(2026, 11, 20, 20, 4, tzinfo=UTC)
    for vignette in vignettes.values():
        dossier = open_of(vignette["facts"], vignette["places"])
        for row in dossier.plan.rows:
            for referral in dossier.of_row(row):
                assert referral.due_at == captured_at + timedelta(hours=row.due_hours)
                assert referral.urgency == deadlines.urgency(vital=row.vital, due_hours=row.due_hours)
                if referral.offered_at is not None:
                    hours = deadlines.respond_hours(vital=row.vital, due_hours=row.due_hours, ack_hours=row.ack_hours)
                    assert referral.respond_by == referral.offered_at + timedelta(hours=hours)
