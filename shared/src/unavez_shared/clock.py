"""The one source of time. Everything that waits, expires or stamps asks a `Clock`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Tells the time, in UTC."""

    def now(self) -> datetime:
        """Return the current moment, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current moment in UTC."""
        return datetime.now(UTC)


class OffsetFileClock:
    """The machine's clock shifted by the seconds a file holds (demo only: `UNAVEZ_TEST_CLOCK`, SAFETY N18).

    A file that is missing or does not hold a number shifts by nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """Return the shifted moment in UTC."""
        try:
            offset = float(self._path.read_text(encoding="ascii").strip())
        except (OSError, ValueError):
            offset = 0.0
        return datetime.now(UTC) + timedelta(seconds=offset)
