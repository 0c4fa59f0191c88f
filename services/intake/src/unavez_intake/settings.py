"""Settings of intake: those every service has, the key-encryption key, and how many new cases are usual."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from unavez_shared.settings import ServiceSettings, Unit

_USUAL: Final = 20
"""New cases of one person in an hour in a real installation, and twice as many at once."""


class Settings(ServiceSettings):
    """Read from `UNAVEZ_*`."""

    kek_file: Path
    """The key-encryption key, outside the data directory (SAFETY N15)."""
    new_cases_per_hour: Annotated[Annotated[int, Field(ge=0)] | None, Unit("cases per hour")] = None
    """For each person, ten times as many for an organization; beyond it a coordinator confirms before anything leaves.
    0 = off; without it 20, in a demo 0 (SAFETY N13)."""

    @property
    def usual_new_cases(self) -> int:
        """How many new cases of one person in an hour are usual; 0 = they are not counted."""
        if self.new_cases_per_hour is None:
            return 0 if self.demo else _USUAL
        return self.new_cases_per_hour
