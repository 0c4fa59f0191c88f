"""What the router knows of one directory service: enough to pick it, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

COUNTRY = "PE"
SHELTER_PREFIX = "SHL-"
_INTERPRETERS = frozenset({"ACC-CIT", "ACC-RENITLI", "ACC-FOREIGN"})
GROUP_TAGS = frozenset({"women", "men", "lgbtiq", "family", "girls", "boys"})
"""Accommodation tags that say for whom a place is; the others (accessible…) say how it is."""


@dataclass(frozen=True, slots=True)
class Service:
    """One active service as the directory last described it."""

    service_id: UUID
    organization_id: UUID
    front_door_id: UUID
    """The organization that answers for it outside; the one an offer goes to (SAFETY N1)."""
    service_type: str
    name: str
    confidential: bool
    """Tier named or hidden, and every shelter whatever its tier says."""
    delivery: str
    district: str | None
    """6-digit UBIGEO; None = no place of its own."""
    served: tuple[str, ...]
    remote: bool
    languages: frozenset[str]
    groups: frozenset[str]
    minimum_age: int
    maximum_age: int
    co_located_with: frozenset[str]
    phone: str | None
    phone_verified_on: str | None
    available: int | None
    """Reported free places; None = not reported."""
    entered_at: datetime

    @property
    def receiver_id(self) -> UUID:
        """The organization that receives an offer for this service."""
        return self.front_door_id if self.confidential else self.organization_id

    @property
    def is_lodging(self) -> bool:
        """Whether people sleep there."""
        return self.service_type.startswith(SHELTER_PREFIX)

    @property
    def interprets(self) -> bool:
        """Whether her language is required of it: sign language and transport are asked for whatever she speaks."""
        return self.service_type in _INTERPRETERS

    @property
    def serves_country(self) -> bool:
        """Whether it serves the whole country."""
        return COUNTRY in self.served

    def serves(self, place: str) -> bool:
        """Tell whether a 6-digit district lies in what it serves."""
        return self.serves_country or place.startswith(self.served)

    def serves_part_of(self, department: str) -> bool:
        """Tell whether it serves anything in a 2-digit department."""
        return any(area == COUNTRY or area[:2] == department for area in self.served)

    def accepts_ages(self, lowest: int, highest: int) -> bool:
        """Tell whether any age between the two (both included) is within its limits."""
        return self.minimum_age <= highest and lowest <= self.maximum_age
