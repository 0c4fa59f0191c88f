"""FHIR urgency as an order: what is delivered first when everything is due at once."""

from __future__ import annotations

from enum import IntEnum


class Urgency(IntEnum):
    """The smaller, the sooner."""

    STAT = 0
    ASAP = 1
    URGENT = 2
    ROUTINE = 3

    @classmethod
    def of(cls, code: str) -> Urgency:
        """Return the urgency a FHIR code names. Raises `KeyError` for any other text."""
        return cls[code.upper()]
