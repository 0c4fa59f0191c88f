"""Why one candidate stands before another: points with their reasons, nothing hidden."""

from __future__ import annotations

from math import cos, hypot, inf, radians

from unavez_referral_router.domain.matching.languages import Fit
from unavez_referral_router.domain.matching.person import Person
from unavez_referral_router.domain.matching.service import Service
from unavez_shared.protocol.places import points

TO_CONFIRM = "language_to_confirm"
"""The worker asks for the variant before the call (PROTOCOL 5.9)."""
_POINTS = {
    "same_district": 50,
    "same_province": 35,
    "same_department": 20,
    "serves_country": 5,
    "language": 15,
    TO_CONFIRM: 10,
    "capacity_reported": 10,
    "capacity_none": -100,
    "other_region": 0,
    "remote": 0,
}
_SPOKEN = {Fit.EXACT: "language", Fit.TO_CONFIRM: TO_CONFIRM}
_PROVINCE, _DEPARTMENT = 4, 2


def score(service: Service, place: str | None, person: Person, note: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    """Return points and reasons; `note` is why it is in the chain at all (other_region, remote)."""
    reasons = list(note)
    nearness = _nearness(service.district, place)
    if nearness is not None:
        reasons.append(nearness)
    if service.serves_country:
        reasons.append("serves_country")
    spoken = _SPOKEN.get(person.spoken.fit(service.languages))
    if spoken is not None:
        reasons.append(spoken)
    if service.available is not None:
        reasons.append("capacity_reported" if service.available > 0 else "capacity_none")
    if service.remote and "remote" not in reasons:
        reasons.append("remote")
    return sum(_POINTS[reason] for reason in reasons), tuple(reasons)


def _nearness(district: str | None, place: str | None) -> str | None:
    if district is None or place is None:
        return None
    if district == place:
        return "same_district"
    if district[:_PROVINCE] == place[:_PROVINCE]:
        return "same_province"
    return "same_department" if district[:_DEPARTMENT] == place[:_DEPARTMENT] else None


def remoteness(district: str | None, place: str | None) -> float:
    """Return how far a district is from a place, in degrees on a flat map: good enough to say which is nearer."""
    here, there = points().get(place or ""), points().get(district or "")
    if here is None or there is None:
        return inf
    return hypot(there[0] - here[0], (there[1] - here[1]) * cos(radians(here[0])))
