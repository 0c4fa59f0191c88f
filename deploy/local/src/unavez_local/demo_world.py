"""The fixed, fictional cast of a demo: who holds the tokens `unavez up` prints. No real person or organization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from unavez_shared.contracts.actor import Role

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:unavez:demo")

FRONTLINE_ORGANIZATION = uuid5(_NAMESPACE, "frontline")
"""A fictional civil-society team that receives her, on duty for third-party reports; it stands in no directory."""
OPERATIONS_ORGANIZATION = uuid5(_NAMESPACE, "operations")

_FRONTLINE_NAME = "Equipo de Acogida (ficticio)"
_OPERATIONS_NAME = "Oficina de Operaciones (ficticia)"
_AGENCY_SERVICE = "JUS-SUNADEP"
_AGENCY_AREA = "15"


@dataclass(frozen=True, slots=True)
class Person:
    """One token of the demo."""

    role: Role
    subject: str
    organization_id: UUID
    organization_name: str
    what: str


def cast(directory: Mapping[str, Any]) -> list[Person]:
    """Return one person per role; the agency is the organization of `directory` that hears the README's case."""
    agency_id, agency_name = _agency(directory)
    team, operations = (FRONTLINE_ORGANIZATION, _FRONTLINE_NAME), (OPERATIONS_ORGANIZATION, _OPERATIONS_NAME)
    return [
        Person(Role.FRONTLINE, "demo-frontline", *team, "registra y lee el plan / posts intakes, reads the plan"),
        Person(Role.AGENCY, "demo-agency", agency_id, agency_name, "recibe y contesta / receives and answers"),
        Person(Role.COORDINATOR, "demo-coordinator", *team, "acompaña los casos / oversees the cases"),
        Person(Role.DIRECTORY_EDITOR, "demo-editor", *operations, "directorio / directory"),
        Person(Role.STATISTICS, "demo-statistics", *operations, "cifras / figures"),
        Person(Role.OPERATOR, "demo-operator", *operations, "opera / operates"),
    ]


def _agency(directory: Mapping[str, Any]) -> tuple[UUID, str]:
    """Return the public defence of Lima: asked for every adult in Lima, and somebody else can be asked after it."""
    organization_id = next(
        service["organization_id"]
        for service in directory["services"]
        if service["service_type"] == _AGENCY_SERVICE and _AGENCY_AREA in service["served_areas"]
    )
    name = next(each["name"] for each in directory["organizations"] if each["id"] == organization_id)
    return UUID(str(organization_id)), str(name)
