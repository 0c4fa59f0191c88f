"""Times an agency receives are coarse, so that two agencies cannot recognise one case by its clock (SAFETY N7)."""

from __future__ import annotations

from datetime import datetime, timedelta

_STEP_SECONDS = 300


def round_up(moment: datetime) -> datetime:
    """Return `moment` rounded up to the next full 5 minutes; a full one stays what it is."""
    whole = moment.replace(microsecond=0)
    if whole < moment:
        whole += timedelta(seconds=1)
    return whole + timedelta(seconds=-int(whole.timestamp()) % _STEP_SECONDS)
