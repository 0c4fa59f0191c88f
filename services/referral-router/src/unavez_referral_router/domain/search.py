"""What is looked for: a service, where, for whom, who must not be asked, and the chain of stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from unavez_referral_router.domain import areas
from unavez_referral_router.domain.areas import AreaRule
from unavez_referral_router.domain.languages import Fit
from unavez_referral_router.domain.offering import SHELTER_PREFIX, Offering
from unavez_referral_router.domain.person import Person
from unavez_referral_router.domain.unmet import Misfit
from unavez_shared.protocol.model import Fallback, Mode


@dataclass(frozen=True, slots=True)
class Search:
    """One row's search."""

    service_type: str
    jurisdiction: str
    place: str | None
    fallbacks: tuple[Fallback, ...]
    avoided_provinces: frozenset[str]
    suppressed: frozenset[str]
    avoided_organizations: frozenset[UUID]
    vital: bool
    """Somebody who is full is still asked when it is a matter of life."""
    avoided_types: frozenset[str]
    last_resort: bool
    """Whom she does not want is asked last instead of never: the law does not let the refusal count."""
    person: Person

    @property
    def reference(self) -> str | None:
        """The district nearness is measured from."""
        return self.place or self.person.current

    def misfit(self, offering: Offering, area: AreaRule) -> Misfit | None:
        """Say why a service cannot take her; None when it can."""
        if not area(offering) or offering.co_located_with & self.suppressed:
            return Misfit.OUT_OF_AREA
        if not (offering.accepts_ages(self.person.lowest_age, self.person.highest_age) and self.person.fits(offering)):
            return Misfit.NO_ACCOMMODATION
        if offering.interprets and self.person.spoken.fit(offering.languages) is Fit.NONE:
            return Misfit.NO_INTERPRETER
        if offering.receiver_id in self.avoided_organizations and not self.last_resort:
            return Misfit.SURVIVOR_DECLINED
        if offering.available == 0 and not self.vital:
            return Misfit.FULL
        return None

    def refuses(self, choice: Choice) -> bool:
        """Tell whether a link is a stand-in of a kind of service she refuses."""
        return choice.fallback_for is not None and choice.service_type in self.avoided_types


@dataclass(frozen=True, slots=True)
class Choice:
    """One link of the chain: the service itself, or a fallback."""

    service_type: str
    fallback_for: str | None
    area: AreaRule
    """Where the service must be."""
    listed_area: AreaRule
    """All a front door's place in the list may depend on: her department (SAFETY N1)."""
    within: str | None = None
    """The department whose services `area` can accept at all; None = any."""
    note: tuple[str, ...] = ()


def choices(search: Search) -> Iterator[Choice]:
    """Yield the chain as it is listed, the first choice first."""
    department = search.person.department
    listed = areas.near(department)
    local = _local_area(search)
    within = _within(search)
    yield Choice(search.service_type, None, local, listed, within)
    for fallback in _stand_ins(search):
        match fallback.mode:
            case Mode.LOCAL:
                yield Choice(fallback.service_type, search.service_type, local, listed, within)
            case Mode.REMOTE:
                area = areas.by_telephone(search.reference)
                yield Choice(fallback.service_type, search.service_type, area, listed, note=("remote",))
            case Mode.OTHER_REGION:
                area = areas.both(areas.outside(department), areas.away_from(search.avoided_provinces))
                elsewhere = areas.not_near(department)
                yield Choice(fallback.service_type, search.service_type, area, elsewhere, note=("other_region",))


def _stand_ins(search: Search) -> Iterator[Fallback]:
    """Yield the fallbacks in file order, the kinds of service she refuses last or not at all.

    Shelters keep their place: their list never tells what she refuses (SAFETY N1); the way of an offer heeds it.
    """
    refused: list[Fallback] = []
    for fallback in search.fallbacks:
        if fallback.service_type in search.avoided_types and not fallback.service_type.startswith(SHELTER_PREFIX):
            refused.append(fallback)
        else:
            yield fallback
    if search.last_resort:
        yield from refused


def _within(search: Search) -> str | None:
    if search.jurisdiction in {areas.SAFE_DISTRICT, areas.NATIONAL} or search.place is None:
        return search.person.department
    return search.place[:2]


def _local_area(search: Search) -> AreaRule:
    if search.jurisdiction == areas.SAFE_DISTRICT:
        return areas.both(areas.near(search.person.department), areas.away_from(search.avoided_provinces))
    if search.jurisdiction == areas.NATIONAL or search.place is None:
        return areas.nationwide(search.person.current)
    return areas.at_place(search.place)
