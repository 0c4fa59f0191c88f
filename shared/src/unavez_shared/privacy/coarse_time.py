"""Times an agency receives are coarse: two agencies cannot recognise one case by its clock (SAFETY N7)."""

from __future__ import annotations

from datetime import UTC, datetime

_STEP_SECONDS = 300


def rounded_up(moment: datetime) -> datetime:
    """Return the next full five minutes, in UTC; a full five minutes stays as it is."""
    seconds = -(-moment.timestamp() // _STEP_SECONDS) * _STEP_SECONDS
    return datetime.fromtimestamp(seconds, UTC)


def rounded_down(moment: datetime) -> datetime:
    """Return the last full five minutes, in UTC; a full five minutes stays as it is."""
    return datetime.fromtimestamp(moment.timestamp() // _STEP_SECONDS * _STEP_SECONDS, UTC)
