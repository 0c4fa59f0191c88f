"""Who is asking: a role, a person and an organization, read from a verified token."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

NOBODY: Final = UUID(int=0)
"""The organization of what belongs to no organization. No token carries it."""


class Role(StrEnum):
    """What a token allows (CONTRACT "Roles")."""

    FRONTLINE = "frontline"
    AGENCY = "agency"
    COORDINATOR = "coordinator"
    DIRECTORY_EDITOR = "directory_editor"
    STATISTICS = "statistics"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Actor:
    """One authenticated caller."""

    subject: str
    role: Role
    organization_id: UUID
