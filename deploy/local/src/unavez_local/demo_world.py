"""The fixed, fictional cast of a demo: who holds the tokens `unavez up` prints. No real person or organization."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from unavez_shared.contracts.actor import Role

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:unavez:demo")

FRONTLINE_ORGANIZATION = uuid5(_NAMESPACE, "frontline")
"""A fictional civil-society team that receives her, on duty for third-party reports; it stands in no directory."""
OPERATIONS_ORGANIZATION = uuid5(_NAMESPACE, "operations")


@dataclass(frozen=True, slots=True)
class Person:
    """One token of the demo."""

    role: Role
    subject: str
    organization_id: UUID
    what: str


def cast(agency_organization_id: UUID) -> list[Person]:
    """Return one person per role; the agency is a real row of the demo directory."""
    return [
        Person(Role.FRONTLINE, "demo-frontline", FRONTLINE_ORGANIZATION, "registra / posts intakes"),
        Person(Role.AGENCY, "demo-agency", agency_organization_id, "recibe y contesta / receives and answers"),
        Person(
            Role.COORDINATOR,
            "demo-coordinator",
            FRONTLINE_ORGANIZATION,
            "acompaña los casos y los avisos de terceros / oversees cases and third-party reports",
        ),
        Person(Role.DIRECTORY_EDITOR, "demo-editor", OPERATIONS_ORGANIZATION, "directorio / directory"),
        Person(Role.STATISTICS, "demo-statistics", OPERATIONS_ORGANIZATION, "cifras / figures"),
        Person(Role.OPERATOR, "demo-operator", OPERATIONS_ORGANIZATION, "opera / operates"),
    ]
