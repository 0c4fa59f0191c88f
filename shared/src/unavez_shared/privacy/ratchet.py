"""A key that changes every day and cannot be turned back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from joserfc.jwk import OctKey

from unavez_shared.privacy.derive import derive

LIFETIME = timedelta(days=14)
"""How long a message can be opened after the day it was sealed on (SAFETY N5)."""
_AHEAD = timedelta(days=400)
"""How far ahead a key may be asked for: bounds the work a forged key id can cause."""
_ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Ratchet:
    """The chain of one family. Holds the key of its oldest living day; later ones follow from it."""

    day: date
    key: bytes = field(repr=False)
    _opened: dict[date, OctKey] = field(default_factory=dict, repr=False)

    def advance(self, today: date) -> bool:
        """Forget the days before `today - LIFETIME`; tell whether there were any."""
        oldest = today - LIFETIME
        if oldest <= self.day:
            return False
        while self.day < oldest:
            self._step()
        self._opened = {day: key for day, key in self._opened.items() if day >= self.day}
        return True

    def sealing_key(self, day: date) -> OctKey | None:
        """Return the day's key for messages; None for a dead day or one beyond reason."""
        if day in self._opened:
            return self._opened[day]
        if not self.day <= day <= self.day + _AHEAD:
            return None
        chain, steps = self.key, (day - self.day).days
        for _ in range(steps):
            chain = derive(chain, "sealing/next-day")
        self._opened[day] = OctKey.import_key(derive(chain, "sealing/message"))
        return self._opened[day]

    def _step(self) -> None:
        self.key = derive(self.key, "sealing/next-day")
        self.day += _ONE_DAY
