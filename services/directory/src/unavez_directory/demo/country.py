"""What the whole country shares: lines, national offices, and national bodies with an office in each department."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unavez_directory.demo.builder import Builder
from unavez_directory.demo.departments import Department
from unavez_directory.demo.local import service_name
from unavez_directory.domain.areas import COUNTRY
from unavez_shared.protocol.vocabulary import SERVICE_TYPES

_OFFICES: Mapping[str, str] = {
    "HLT-SIS": "Seguro Público de Salud (ficticio)",
    "IDN-RENIEC": "Registro de Identidad (ficticio)",
    "MIG-MIGRACIONES": "Autoridad Migratoria (ficticia)",
    "LAB-SUNAFIL": "Inspección del Trabajo (ficticia)",
    "REP-CIVIL": "Programa de Reparaciones (ficticio)",
    "PRO-DPAM": "Dirección de Personas Adultas Mayores (ficticia)",
}
"""National bodies with an office in every departmental capital."""

_LINE: dict[str, Any] = {"delivery": "call", "schedule": "Todos los días, 24 horas", "remote": True}
_REMOTE: dict[str, Any] = {"remote": True, "schedule": "Todos los días, 24 horas"}
_IN_LIMA = "150101"
_EMERGENCY_LANGUAGES = ["spa", "ayr", "cni", "agr", "shp", "tca", "qwh", "quy", "quz"]

_NATIONAL: Sequence[tuple[str, str, str | None, Mapping[str, Any]]] = (
    ("CH-105", "Central de Emergencias 105 (ficticia)", None, _LINE),
    ("HLT-SAMU", "Atención Médica Móvil (ficticia)", None, _LINE),
    ("HLT-113", "Orientación en Salud (ficticia)", None, _LINE),
    ("CH-L100", "Línea 100 (ficticia)", None, _LINE | {"languages": ["spa", "quz", "quy", "ayr"]}),
    ("CH-C100", "Línea 100 (ficticia)", None, _LINE),
    ("CH-1818", "Central de Denuncias (ficticia)", None, _LINE),
    ("CH-PAO", "Puntos de Orientación (ficticios)", _IN_LIMA, {"delivery": "paper"}),
    ("ACC-CIT", "Central de Interpretación (ficticia)", None, _REMOTE | {"languages": _EMERGENCY_LANGUAGES}),
    ("ACC-RENITLI", "Registro de Intérpretes (ficticio)", None, _REMOTE | {"languages": _EMERGENCY_LANGUAGES}),
    ("ACC-LSP", "Interpretación en Lengua de Señas (ficticia)", None, _REMOTE | {"languages": ["spa", "prl"]}),
    (
        "ACC-FOREIGN",
        "Traducción e Interpretación Extranjera (ficticia)",
        None,
        _REMOTE | {"languages": ["spa", "por", "eng", "fra", "hat", "zho"]},
    ),
    ("PSY-CSO", "Asociación de Acompañamiento Remoto (ficticia)", None, _REMOTE),
    ("JUS-FISTRAP-NAT", "Coordinación Nacional de Fiscalías (ficticia)", _IN_LIMA, {}),
    ("OVS-DEF", "Defensoría (ficticia)", _IN_LIMA, {}),
    ("OVS-INT", "Control Institucional (ficticio)", _IN_LIMA, {}),
    ("MIG-RREE", "Cancillería (ficticia)", _IN_LIMA, {}),
    ("MIG-CEPR", "Comisión para los Refugiados (ficticia)", _IN_LIMA, {}),
    ("MIG-IOM", "Organismo de Migraciones (ficticio)", _IN_LIMA, {}),
    ("MIG-ACNUR", "Organismo de Refugiados (ficticio)", _IN_LIMA, {}),
)
"""Service type, organization, place, what else."""


def add_national_offices(builder: Builder, departments: Sequence[Department]) -> None:
    """Add the national bodies' offices."""
    for service_type, title in _OFFICES.items():
        organization_id = builder.organization(f"national:{title}", title)
        for department in departments:
            builder.service(
                organization_id,
                service_type,
                service_name(service_type, department),
                district=department.capital,
                areas=department.areas,
                languages=list(department.languages),
            )


def add_national_services(builder: Builder) -> None:
    """Add what serves the whole country."""
    for service_type, title, district, more in _NATIONAL:
        organization_id = builder.organization(f"national:{title}", title)
        builder.service(
            organization_id, service_type, SERVICE_TYPES[service_type].es, district=district, areas=[COUNTRY], **more
        )
