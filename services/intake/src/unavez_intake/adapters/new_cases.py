"""How many new cases one person, and one organization, registers in an hour before a coordinator has to look."""

from __future__ import annotations

from typing import Final

from unavez_shared.contracts.actor import Actor
from unavez_shared.web.rate import HourlyAllowance

_PEOPLE: Final = 10
"""An organization may register as much as so many people."""


class NewCases:
    """Counts by person and by organization, in this process and in memory: no lock, nothing in the database.

    A burst of two hours' worth is let through: a raid brings many people in one night. `an_hour` 0 = nobody is counted.
    """

    def __init__(self, an_hour: int) -> None:
        self._people = HourlyAllowance(an_hour) if an_hour else None
        self._organizations = HourlyAllowance(an_hour * _PEOPLE) if an_hour else None

    def too_many(self, actor: Actor) -> bool:
        """Count a new case; tell whether it is one too many. One person alone does not use up her organization's."""
        if self._people is None or self._organizations is None:
            return False
        organization = str(actor.organization_id)
        return not (self._people.take(f"{organization}/{actor.subject}") and self._organizations.take(organization))
