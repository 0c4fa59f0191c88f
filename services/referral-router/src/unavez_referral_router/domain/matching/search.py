"""What is looked for: a service, where, for whom, who must not be asked, and the chain of stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from unavez_referral_router.domain.matching import areas
from unavez_referral_router.domain.matching.areas import AreaRule
from unavez_referral_router.domain.matching.languages import Fit
from unavez_referral_router.domain.matching.misfit import Misfit
from unavez_referral_router.domain.matching.person import Person
from unavez_referral_router.domain.matching.service import SHELTER_PREFIX, Service
from unavez_shared.protocol.model import Fallback, Mode

OTHER_REGION = "other_region"


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

    def misfit(self, service: Service, area: AreaRule) -> Misfit | None:
        """Say why a service cannot take her; None when it can."""
        if not area(service) or service.co_located_with & self.suppressed:
            return Misfit.OUT_OF_AREA
        if not (service.accepts_ages(self.person.lowest_age, self.person.highest_age) and self.person.fits(service)):
            return Misfit.NO_ACCOMMODATION
        if service.interprets and self.person.spoken.fit(service.languages) is Fit.NONE:
            return Misfit.NO_INTERPRETER
        if service.receiver_id in self.avoided_organizations and not self.last_resort:
            return Misfit.SURVIVOR_DECLINED
        if service.available == 0 and not self.vital:
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
    yield from _here(search, search.service_type, None)
    for fallback in _stand_ins(search):
        match fallback.mode:
            case Mode.LOCAL:
                yield from _here(search, fallback.service_type, search.service_type)
            case Mode.REMOTE:
                area = areas.by_telephone(search.reference)
                listed = areas.near(search.person.department)
                yield Choice(fallback.service_type, search.service_type, area, listed, note=("remote",))
            case Mode.OTHER_REGION:
                yield _elsewhere(search, fallback.service_type, search.service_type)


def _here(search: Search, service_type: str, fallback_for: str | None) -> Iterator[Choice]:
    """Yield the row's place; for a safe district the rest of the country after it (PROTOCOL 5.7).

    Shelters excepted: their list depends on her department alone (SAFETY N1).
    """
    department = search.person.department
    yield Choice(service_type, fallback_for, _local_area(search), areas.near(department), _within(search))
    wider = search.jurisdiction == areas.SAFE_DISTRICT and not service_type.startswith(SHELTER_PREFIX)
    if wider and department is not None:
        yield _elsewhere(search, service_type, fallback_for)


def _elsewhere(search: Search, service_type: str, fallback_for: str | None) -> Choice:
    department = search.person.department
    area = areas.both(areas.outside(department), areas.away_from(search.avoided_provinces))
    return Choice(service_type, fallback_for, area, areas.not_near(department), note=(OTHER_REGION,))


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
