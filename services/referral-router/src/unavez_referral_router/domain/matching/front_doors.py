"""Hidden houses (SAFETY N1): outside they are one candidate a front door, and the list tells nothing about her road.

The list depends on service type, age band, accommodation and her department alone. Which houses behind a front door
are away from the provinces she fled is worked out in `route`, told to that front door alone.
"""

from __future__ import annotations

from uuid import UUID

from unavez_referral_router.domain.matching.candidates import Candidate
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.misfit import Misfit
from unavez_referral_router.domain.matching.search import Choice, Search
from unavez_referral_router.domain.matching.service import Service

FRONT_DOOR = ("front_door",)


def front_doors(
    choice: Choice, search: Search, directory: Directory
) -> tuple[list[tuple[Service, Candidate]], list[Misfit]]:
    """Return one candidate a front door, by id, with the first house it is listed for; and why others are not."""
    doors: dict[UUID, Service] = {}
    misfits: list[Misfit] = []
    for door, houses in directory.houses(choice.service_type).items():
        for service in houses:
            if not choice.listed_area(service):
                misfits.append(Misfit.OUT_OF_AREA)
            elif not (service.accepts_ages(*search.person.band) and search.person.fits(service)):
                misfits.append(Misfit.NO_ACCOMMODATION)
            else:
                doors.setdefault(door, service)
    listed = [(service, _candidate(door, service, choice)) for door, service in sorted(doors.items())]
    return listed, misfits


def _candidate(door: UUID, service: Service, choice: Choice) -> Candidate:
    return Candidate(
        organization_id=door,
        service_id=None,
        service_type=service.service_type,
        fallback_for=choice.fallback_for,
        reasons=FRONT_DOOR,
        score=None,
        delivery=service.delivery,
    )
