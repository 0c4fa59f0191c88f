"""How far places are from each other, over the ground of a round Earth: good to half a per cent."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Final

from unavez_shared.protocol import places

EARTH_METRES: Final = 6_371_008.8
"""Mean radius (IUGG)."""


@dataclass(frozen=True, slots=True)
class Circle:
    """Everything within `metres` of a point, in degrees."""

    latitude: float
    longitude: float
    metres: float

    @classmethod
    def around(cls, district: str, metres: float) -> Circle | None:
        """Return the circle around a district's capital; None when there is no such district."""
        point = places.points().get(district)
        return None if point is None else cls(*point, metres)

    def districts(self) -> tuple[str, ...]:
        """Return the districts whose capital lies in it: for places that have no coordinates of their own."""
        return tuple(code for code, point in places.points().items() if self._distance(*point) <= self.metres)

    def _distance(self, latitude: float, longitude: float) -> float:
        here, there = radians(self.latitude), radians(latitude)
        half = sin((there - here) / 2) ** 2
        half += cos(here) * cos(there) * sin(radians(longitude - self.longitude) / 2) ** 2
        return 2 * EARTH_METRES * asin(sqrt(half))
