"""The 25 departments as the demo needs them: capital, a second town, further towns, languages besides Spanish."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from unavez_shared.protocol import places

_LANGUAGES = {
    "01": ["agr", "hub"],
    "02": ["qwh"],
    "03": ["quy"],
    "04": ["quz"],
    "05": ["quy"],
    "06": ["qvc"],
    "08": ["quz", "mcb"],
    "09": ["quy"],
    "10": ["qub"],
    "12": ["cni", "qvw"],
    "14": ["quf"],
    "15": ["quz", "quy", "ayr", "shp"],
    "16": ["cod", "tca"],
    "17": ["quz", "ese"],
    "18": ["ayr"],
    "19": ["ame", "cni"],
    "21": ["ayr", "qxp"],
    "22": ["qvs", "agr"],
    "23": ["ayr"],
    "25": ["shp", "cni"],
}
"""Department → ISO 639-3 of what its staff could speak."""

_EMERGENCY_TEAMS = frozenset({"04", "05", "08", "10", "13", "15", "17", "21"})
"""The eight departments with an urgent-attention team (PRO-SAU)."""


@dataclass(frozen=True, slots=True)
class Department:
    """One department and the real districts its invented services stand in."""

    code: str
    name: str
    capital: str
    second: str
    """In another province than the capital, where there is one."""
    houses: tuple[str, ...]
    """Up to two districts in different provinces, neither the capital's; empty for Callao, which has one province."""
    languages: tuple[str, ...]
    has_emergency_team: bool

    @property
    def areas(self) -> list[str]:
        """What its services serve."""
        return [self.code]


@cache
def departments() -> tuple[Department, ...]:
    """Return the departments in UBIGEO order."""
    by_department: dict[str, dict[str, list[str]]] = {}
    for district in sorted(places.districts()):
        by_department.setdefault(district[:2], {}).setdefault(district[:4], []).append(district)
    return tuple(_department(code, list(towns.values())) for code, towns in by_department.items())


def _department(code: str, provinces: list[list[str]]) -> Department:
    first, *others = provinces
    away = [province[0] for province in others]
    return Department(
        code=code,
        name=places.department_name(code),
        capital=first[0],
        second=away[0] if away else first[1],
        houses=tuple(dict.fromkeys((away[0], away[-1]))) if away else (),
        languages=("spa", *_LANGUAGES.get(code, [])),
        has_emergency_team=code in _EMERGENCY_TEAMS,
    )
