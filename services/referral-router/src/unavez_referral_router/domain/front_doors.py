"""Hidden houses (SAFETY N1): outside they are one candidate a front door, and the list tells nothing about her road.

The list depends on service type, age band, accommodation and her department alone. Which house is behind a front door
(away from the provinces she fled, with a free place, of nobody she refuses) is decided in `routes`, told to nobody.
"""

from __future__ import annotations

from uuid import UUID

from unavez_referral_router.domain.directory import Directory
from unavez_referral_router.domain.offering import Offering
from unavez_referral_router.domain.row import Candidate
from unavez_referral_router.domain.search import Choice, Search
from unavez_referral_router.domain.unmet import Misfit

FRONT_DOOR = ("front_door",)


def front_doors(choice: Choice, search: Search, directory: Directory) -> tuple[list[Candidate], list[Misfit]]:
    """Return one candidate a front door, ordered by id, and why other houses are not behind one of them."""
    doors: dict[UUID, Offering] = {}
    misfits: list[Misfit] = []
    for door, houses in directory.houses(choice.service_type).items():
        for offering in houses:
            if not choice.listed_area(offering):
                misfits.append(Misfit.OUT_OF_AREA)
            elif not (offering.accepts_ages(*search.person.band) and search.person.fits(offering)):
                misfits.append(Misfit.NO_ACCOMMODATION)
            else:
                doors.setdefault(door, offering)
    listed = [
        Candidate(
            organization_id=door,
            service_id=None,
            service_type=offering.service_type,
            fallback_for=choice.fallback_for,
            reasons=FRONT_DOOR,
            score=None,
            delivery=offering.delivery,
        )
        for door, offering in sorted(doors.items())
    ]
    return listed, misfits
