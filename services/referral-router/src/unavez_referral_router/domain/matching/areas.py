"""Which services are in the right place: one small predicate a kind of place."""

from __future__ import annotations

from collections.abc import Callable, Collection

from unavez_referral_router.domain.matching.service import Offering

AreaRule = Callable[[Offering], bool]

NATIONAL = "national"
SAFE_DISTRICT = "safe_district"


def at_place(place: str) -> AreaRule:
    """Return the rule "serves that district"."""
    return lambda offering: offering.serves(place)


def nationwide(current: str | None) -> AreaRule:
    """Return the rule "serves the country, or at least where she is"."""
    return lambda offering: offering.serves_country or (current is not None and offering.serves(current))


def near(department: str | None) -> AreaRule:
    """Return the rule "serves something in her department", all a front door's list may depend on (SAFETY N1)."""
    return lambda offering: department is None or offering.serves_part_of(department)


def not_near(department: str | None) -> AreaRule:
    """Return the rule "serves nothing in her department": all a list of front doors may know of another region.

    Where a house stands would tell its department to whoever previews from each of the 25 (SAFETY N1).
    """
    return lambda offering: department is not None and not offering.serves_part_of(department)


def outside(department: str | None) -> AreaRule:
    """Return the rule "stands in another department" (`CODE@other_region`)."""
    return lambda offering: offering.district is not None and offering.district[:2] != department


def away_from(provinces: Collection[str]) -> AreaRule:
    """Return the rule "stands in none of these"; without a place of its own only if it serves the country."""

    def rule(offering: Offering) -> bool:
        if offering.district is None:
            return offering.serves_country
        return offering.district[:4] not in provinces

    return rule


def by_telephone(place: str | None) -> AreaRule:
    """Return the rule "attends from afar and says that it serves the place" (`CODE@remote`)."""
    return lambda offering: (
        offering.remote and (offering.serves_country or (place is not None and offering.serves(place)))
    )


def both(first: AreaRule, second: AreaRule) -> AreaRule:
    """Return the rule that satisfies both."""
    return lambda offering: first(offering) and second(offering)
