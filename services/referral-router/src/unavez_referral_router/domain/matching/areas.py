"""Which services are in the right place: one small predicate a kind of place."""

from __future__ import annotations

from collections.abc import Callable, Collection

from unavez_referral_router.domain.matching.service import Service

AreaRule = Callable[[Service], bool]

NATIONAL = "national"
SAFE_DISTRICT = "safe_district"


def at_place(place: str) -> AreaRule:
    """Return the rule "serves that district"."""
    return lambda service: service.serves(place)


def nationwide(current: str | None) -> AreaRule:
    """Return the rule "serves the country, or at least where she is"."""
    return lambda service: service.serves_country or (current is not None and service.serves(current))


def near(department: str | None) -> AreaRule:
    """Return the rule "serves something in her department", all a front door's list may depend on (SAFETY N1)."""
    return lambda service: department is None or service.serves_part_of(department)


def not_near(department: str | None) -> AreaRule:
    """Return the rule "serves nothing in her department": all a list of front doors may know of another region.

    Where a house stands would tell its department to whoever previews from each of the 25 (SAFETY N1).
    """
    return lambda service: department is not None and not service.serves_part_of(department)


def outside(department: str | None) -> AreaRule:
    """Return the rule "stands in another department" (`CODE@other_region`)."""
    return lambda service: service.district is not None and service.district[:2] != department


def away_from(provinces: Collection[str]) -> AreaRule:
    """Return the rule "stands in none of these"; without a place of its own only if it serves the country."""

    def rule(service: Service) -> bool:
        if service.district is None:
            return service.serves_country
        return service.district[:4] not in provinces

    return rule


def by_telephone(place: str | None) -> AreaRule:
    """Return the rule "attends from afar and says that it serves the place" (`CODE@remote`)."""
    return lambda service: service.remote and (service.serves_country or (place is not None and service.serves(place)))


def both(first: AreaRule, second: AreaRule) -> AreaRule:
    """Return the rule that satisfies both."""
    return lambda service: first(service) and second(service)
