"""The hidden houses. Each is an organization of its own behind a front door that answers for it (SAFETY N1)."""

from __future__ import annotations

from typing import Any

from unavez_directory.demo.builder import Builder
from unavez_directory.demo.departments import Department
from unavez_directory.demo.local import organization_in

_WOMEN = "Programa de la Mujer y la Familia de {} (ficticio)"
_RESIDENTIAL = "Acogimiento Residencial de {} (ficticio)"
_ASSOCIATION = "Asociación de Acompañamiento de {} (ficticia)"

_HIDDEN = {"tier": "hidden", "schedule": "Todos los días, 24 horas"}
_NAMED = {"tier": "named", "schedule": "Todos los días, 24 horas"}
_GIRLS = {"accommodates": ["girls"], "maximum_age": 17}
_CHILDREN = {"accommodates": ["girls", "boys"], "maximum_age": 17}
_WOMEN_AND_CHILDREN = {"accommodates": ["women", "family"], "minimum_age": 18}

_ALTERNATIVE_LODGING = frozenset({"04", "08", "12", "13", "15", "16", "20", "21"})
"""Where there is other safe lodging: for women and families only, nowhere for men or LGBTIQ+ people."""

_FOR_DISABLED_CHILDREN = frozenset({"04", "15"})


def add_shelters(builder: Builder, department: Department) -> None:
    """Add the department's houses: women's shelters, care for minors, other lodging."""
    women = organization_in(builder, _WOMEN, department)
    residential = organization_in(builder, _RESIDENTIAL, department)
    for number, district in enumerate(department.houses):
        areas = (
            ["15", "07"] if department.code == "15" else department.areas
        )  # Callao has no province of its own to hide in
        _add_house(builder, department, women, "SHL-HRT", district, areas, number, **_HIDDEN, **_WOMEN_AND_CHILDREN)
    _add_house(
        builder, department, residential, "SHL-CARE", department.second, department.areas, 2, **_HIDDEN, **_GIRLS
    )
    _add_house(
        builder, department, residential, "SHL-CARU", department.capital, department.areas, 3, **_NAMED, **_CHILDREN
    )
    _add_house(
        builder, department, residential, "SHL-CAR", department.second, department.areas, 4, **_NAMED, **_CHILDREN
    )
    if department.code in _FOR_DISABLED_CHILDREN:
        more = {**_NAMED, "accommodates": ["girls", "boys", "accessible"], "maximum_age": 17}
        _add_house(builder, department, residential, "SHL-CARPCD", department.capital, department.areas, 5, **more)
    if department.code in _ALTERNATIVE_LODGING:
        association = organization_in(builder, _ASSOCIATION, department)
        _add_house(
            builder,
            department,
            association,
            "SHL-ALT",
            department.houses[-1],
            department.areas,
            6,
            **_NAMED,
            **_WOMEN_AND_CHILDREN,
        )


def _add_house(
    builder: Builder,
    department: Department,
    front_door: str,
    service_type: str,
    district: str,
    areas: list[str],
    number: int,
    **more: Any,
) -> None:
    name = f"Casa {department.code}-{number + 1}"
    builder.answers(front_door)
    house = builder.organization(f"house:{department.code}:{number}", f"{name} (ficticia)")
    builder.service(
        house,
        service_type,
        name,
        district=district,
        areas=areas,
        with_phone=False,
        front_door_organization_id=front_door,
        languages=list(department.languages),
        capacity={"unit": "bed", "available": 3 + number, "maximum": 12},
        **more,
    )
