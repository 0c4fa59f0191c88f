"""What each department has of its own: protection, justice, health, schools, civil society."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from unavez_directory.demo.builder import Builder
from unavez_directory.demo.departments import Department
from unavez_shared.protocol.vocabulary import SERVICE_TYPES

_ALWAYS_OPEN = {"schedule": "Todos los días, 24 horas"}
_IN_POLICE_STATION = {"co_located_with": ["JUS-PNP"]}


@dataclass(frozen=True, slots=True)
class Offer:
    """One service an organization runs in every department, in the capital or in the second town."""

    service_type: str
    in_second_town: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


_OFFERS: Mapping[str, tuple[Offer, ...]] = {
    "Programa de la Mujer y la Familia de {} (ficticio)": (
        Offer("PRO-CEM", more=_ALWAYS_OPEN),
        Offer("PRO-CEM", in_second_town=True, more=_ALWAYS_OPEN | _IN_POLICE_STATION),
        Offer("PRO-SAR", in_second_town=True),
        Offer("REI-PRI"),
    ),
    "Unidad de Protección de la Niñez de {} (ficticia)": (Offer("PRO-UPE", more=_ALWAYS_OPEN),),
    "Municipalidad Provincial en {} (ficticia)": (Offer("PRO-DEMUNA"),),
    "Distrito Fiscal de {} (ficticio)": (
        Offer("JUS-FISTRAP", more=_ALWAYS_OPEN),
        Offer("JUS-FPEN", more=_ALWAYS_OPEN),
        Offer("JUS-FFAM"),
        Offer("JUS-GESELL"),
        Offer("PRO-UDAVIT"),
    ),
    "Corte Superior de {} (ficticia)": (
        Offer("JUS-JFAM", more=_ALWAYS_OPEN),
        Offer("JUS-JPAZ", in_second_town=True, more={"delivery": "paper"}),
    ),
    "Defensa Pública de {} (ficticia)": (Offer("JUS-SUNADEP"),),
    "Unidad Policial de {} (ficticia)": (Offer("JUS-PNP", more=_ALWAYS_OPEN | _IN_POLICE_STATION),),
    "Red de Salud de {} (ficticia)": (
        Offer("HLT-EMER", more=_ALWAYS_OPEN),
        Offer("HLT-GEN"),
        Offer("HLT-MAT", more=_ALWAYS_OPEN),
        Offer("HLT-CSMC"),
    ),
    "Gobierno Regional de {} (ficticio)": (
        Offer("REI-MTPE"),
        Offer("REI-EDU"),
        Offer("REI-EDU-CHILD"),
        Offer("REI-EDU-CHILD", in_second_town=True),
        Offer("ACC-TRANSPORT"),
    ),
    "Asociación de Acompañamiento de {} (ficticia)": (Offer("PSY-CSO"),),
}

_ONLY_IN: Mapping[str, frozenset[str]] = {
    # Amazonas has nobody who pays the way: the unmet need the demo shows.
    "ACC-TRANSPORT": frozenset(f"{number:02d}" for number in range(2, 26)),
}

_SOME: Mapping[str, tuple[frozenset[str], str]] = {
    "ACC-INKIND": (frozenset({"08", "15", "16", "17"}), "Asociación de Acompañamiento de {} (ficticia)"),
    "ACC-LSP": (frozenset({"04", "13", "15"}), "Asociación de Acompañamiento de {} (ficticia)"),
    "REI-SOC": (frozenset({"03", "06", "15", "21"}), "Gobierno Regional de {} (ficticio)"),
}
"""Service types only some departments have, and who runs them there."""


def organization_in(builder: Builder, title: str, department: Department) -> str:
    """Return the id of the department's organization of this title, adding it when it is new."""
    return builder.organization(f"{title}:{department.code}", title.format(department.name))


def service_name(service_type: str, department: Department) -> str:
    """Return what a service of this type is called there."""
    return f"{SERVICE_TYPES[service_type].es} - {department.name}"


def add_local_services(builder: Builder, department: Department) -> None:
    """Add every organization and service the department has of its own, lodgings aside."""
    for title, offers in _OFFERS.items():
        organization_id = organization_in(builder, title, department)
        for offer in offers:
            if department.code in _ONLY_IN.get(offer.service_type, {department.code}):
                _add(builder, department, organization_id, offer)
    women = organization_in(builder, next(iter(_OFFERS)), department)
    if department.has_emergency_team:
        _add(builder, department, women, Offer("PRO-SAU", more=_ALWAYS_OPEN))
    for service_type, (where, title) in _SOME.items():
        if department.code in where:
            more = {"delivery": "paper"} if service_type == "REI-SOC" else {}
            _add(builder, department, organization_in(builder, title, department), Offer(service_type, more=more))


def _add(builder: Builder, department: Department, organization_id: str, offer: Offer) -> None:
    builder.service(
        organization_id,
        offer.service_type,
        service_name(offer.service_type, department),
        district=department.second if offer.in_second_town else department.capital,
        areas=department.areas,
        languages=list(department.languages),
        **offer.more,
    )
