"""Which name of ours an unknown one may have been meant for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

MOST_EDITS: Final = 2
MOST_ASKED: Final = 100
"""Unknown names of one input that are compared: twenty thousand would take seconds of everybody's."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is fewest edits away, the first in the alphabet of several; None beyond two edits.

    An edit puts in, leaves out or changes a character, or swaps two neighbours. Of a short name at most
    half may change.
    """
    most = min(MOST_EDITS, len(name) // 2)
    near = ((_edits(name, one), one) for one in known if abs(len(one) - len(name)) <= most)
    best = min(near, default=None)
    return best[1] if best is not None and best[0] <= most else None


class Hints:
    """What the unknown names of one input may have been meant for: of the first hundred of them."""

    def __init__(self) -> None:
        self._left = MOST_ASKED

    def nearest(self, name: str, known: Iterable[str]) -> str | None:
        """Return `nearest`, and None for what comes after the first hundred."""
        self._left -= 1
        return nearest(name, known) if self._left >= 0 else None


def _edits(one: str, other: str) -> int:
    """Return the optimal string alignment distance."""
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, character in enumerate(one, 1):
        row = [i]
        for j, opposite in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (character != opposite))
            if i > 1 and j > 1 and character == other[j - 2] and one[i - 2] == opposite:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]
