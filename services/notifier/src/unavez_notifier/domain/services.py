"""What the notifier knows of services of the directory: one bit each (SAFETY N4)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ServiceVisibility:
    """The one thing the notifier keeps about a service: whether its place must stay unknown."""

    service_id: UUID
    organization_id: UUID
    hidden: bool
    version: int
