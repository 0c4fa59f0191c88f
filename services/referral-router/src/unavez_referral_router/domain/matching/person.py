"""What choosing a service needs to know of her, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unavez_referral_router.domain.matching.languages import Spoken
from unavez_referral_router.domain.matching.service import Service

_BANDS = ((0, 11), (12, 13), (14, 17), (18, 29), (30, 59), (60, 120))
_ADULT_AGE = 18
_OLDEST = 120
_WOMAN, _MAN = "F", frozenset({"M", "TM"})
_PLACEMENT_TAGS = {"women": "women", "men": "men", "lgbtiq": "lgbtiq", "family": "family"}
HARD_GROUPS = frozenset({"men", "lgbtiq"})
"""For these a place must say that it takes them: none stated means none proven (seed recommendation 5)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Age, group, language and where she is now."""

    lowest_age: int
    highest_age: int
    band: tuple[int, int]
    """The age band: all a front door's list may depend on (SAFETY N1)."""
    minor: bool
    group: str | None
    """The accommodation tag she needs; None = nothing known that would restrict."""
    with_children: bool
    spoken: Spoken
    current: str | None
    """6-digit district; None when unknown or abroad."""

    @property
    def department(self) -> str | None:
        """The 2-digit department she is in."""
        return None if self.current is None else self.current[:2]

    def fits(self, service: Service) -> bool:
        """Tell whether a service takes people like her; lodging that states no group takes no man and no LGBTIQ+."""
        if self.group is None:
            return True
        if not service.groups:
            return not (service.is_lodging and self.group in HARD_GROUPS)
        return bool(service.groups & self.accepted_groups)

    @property
    def accepted_groups(self) -> frozenset[str]:
        """The tags any of which takes her in."""
        accepted = {self.group} if self.group else set()
        if self.group == "women" and self.with_children:
            accepted.add("family")
        return frozenset(accepted)


def person_of(facts: Mapping[str, Any], current: str | None) -> Person:
    """Read the normalised facts."""
    minor = facts.get("is_minor") is True
    age = facts.get("age")
    lowest, highest = (age, age) if age is not None else ((0, _ADULT_AGE - 1) if minor else (_ADULT_AGE, _OLDEST))
    if minor and lowest >= _ADULT_AGE:  # doubtful age counts as a minor, also for the limits of a house
        lowest = _ADULT_AGE - 1
    band = (lowest, highest)
    if age is not None:
        band = next(limits for limits in _BANDS if limits[0] <= lowest <= limits[1])
    return Person(
        lowest_age=lowest,
        highest_age=highest,
        band=band,
        minor=minor,
        group=_group(facts, minor=minor),
        with_children=(facts.get("children_with") or 0) > 0,
        spoken=Spoken(facts.get("lang"), facts.get("lang_family")),
        current=current if current is not None and current.isdigit() else None,
    )


def _group(facts: Mapping[str, Any], *, minor: bool) -> str | None:
    gender = facts.get("gender")
    if minor:
        return {"F": "girls", "M": "boys"}.get(gender or "")
    asked = _PLACEMENT_TAGS.get(facts.get("placement_group") or "")
    if asked is not None:
        return asked
    if facts.get("lgbtiq") is True:
        return "lgbtiq"
    if gender == _WOMAN:
        return "women"
    if gender in _MAN:
        return "men"
    return None if gender is None else "lgbtiq"
