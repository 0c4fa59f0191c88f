"""Service areas as UBIGEO prefixes: department (2), province (4), district (6 digits), or the whole country."""

from __future__ import annotations

from functools import cache

from unavez_shared.protocol import places

COUNTRY = "PE"


@cache
def _prefixes() -> frozenset[str]:
    return frozenset(code[:length] for code in places.districts() for length in (2, 4, 6))


def is_area(code: str) -> bool:
    """Tell whether this names the country, a department, a province or a district."""
    return code == COUNTRY or code in _prefixes()


def areas_around(district: str) -> tuple[str, ...]:
    """Return the areas a district lies in: any service area among them serves it."""
    return (district[:2], district[:4], district, COUNTRY)


def area_name(code: str) -> str:
    """Return the area's Spanish name. The code must be an area (`is_area`)."""
    if code == COUNTRY:
        return "Perú"
    return {2: places.department_name, 4: places.province_name, 6: places.district_name}[len(code)](code)
