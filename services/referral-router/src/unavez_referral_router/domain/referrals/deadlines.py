"""Deadlines in numbers (CONTRACT "Clocks"). All clocks run every hour, nights and holidays included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from unavez_shared.privacy.coarse_time import rounded_down

VITAL_CALL_AFTER = timedelta(minutes=5)
"""An unanswered vital offer becomes a telephone call (SAFETY N13)."""
_VITAL_ANSWER_HOURS = 0.25
_SHORTEST_ANSWER_HOURS, _LONGEST_ANSWER_HOURS = 1.0, 72.0
_ASAP_HOURS, _URGENT_HOURS = 12, 24
_HALF_HOUR_SECONDS = 1_800


def respond_hours(*, vital: bool, due_hours: float, ack_hours: float | None) -> float:
    """Return how many hours a receiver has for a first answer."""
    if ack_hours is not None and ack_hours > 0:
        return ack_hours
    if vital:
        return _VITAL_ANSWER_HOURS
    return min(max(due_hours / 4, _SHORTEST_ANSWER_HOURS), _LONGEST_ANSWER_HOURS)


def urgency(*, vital: bool, due_hours: float) -> str:
    """Return the FHIR urgency."""
    if vital:
        return "stat"
    if due_hours <= _ASAP_HOURS:
        return "asap"
    return "urgent" if due_hours <= _URGENT_HOURS else "routine"


def receivers_due_at(*, due_at: datetime, captured_at: datetime, offered_at: datetime) -> datetime:
    """Return when a referral is due for the organization it was offered to, rounded down to five minutes.

    The hours are those of the row, counted from that offer alone: `due_at` is the same moment for every organization
    of a case whose rows have the same hours, and would pair them (SAFETY N7).
    """
    return rounded_down(offered_at + (due_at - captured_at))


def next_half_hour(moment: datetime) -> datetime:
    """Return the first full half hour after this moment, in UTC; Peru's offset is a whole number of hours."""
    return datetime.fromtimestamp((moment.timestamp() // _HALF_HOUR_SECONDS + 1) * _HALF_HOUR_SECONDS, UTC)


def after(start: datetime, hours: float) -> datetime:
    """Return the moment so many hours later."""
    return start + timedelta(hours=hours)
