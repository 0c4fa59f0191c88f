"""Which day it is for her: the calendar of Peru, whatever offset a moment was written with.

Lima is five hours behind UTC: from 19:00 on, the UTC date is already tomorrow's, and a girl of 17 would be an adult on
the evening before her birthday (PROTOCOL 5.1).
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

PERU = ZoneInfo("America/Lima")


def day_in_peru(moment: datetime) -> date:
    """Return the calendar day of an aware moment in Peru."""
    return moment.astimezone(PERU).date()
