"""Why nobody can take a row: the closest any service came."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Misfit(IntEnum):
    """What stood in the way, in the order it is checked: the larger, the closer the service came."""

    NONE_EXISTS = 0
    OUT_OF_AREA = 1
    NO_ACCOMMODATION = 2
    NO_INTERPRETER = 3
    SURVIVOR_DECLINED = 4
    FULL = 5
    REFUSED = 6

    @property
    def code(self) -> str:
        """The reason (CONTRACT "Plans")."""
        return self.name.lower()


def closest(misfits: Iterable[Misfit]) -> Misfit:
    """Return the reason worth telling; none at all = no such service exists."""
    return max(misfits, default=Misfit.NONE_EXISTS)
