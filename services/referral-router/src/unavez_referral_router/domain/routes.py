"""Whom to ask, in order. Unlike the list that is shown, this one knows the houses; nobody is told it."""

from __future__ import annotations

from uuid import UUID

from unavez_referral_router.domain.candidates import public_offerings
from unavez_referral_router.domain.directory import Directory
from unavez_referral_router.domain.front_doors import front_doors
from unavez_referral_router.domain.offering import Offering
from unavez_referral_router.domain.row import Stop
from unavez_referral_router.domain.scoring import score
from unavez_referral_router.domain.search import Choice, Search, choices


def find_route(search: Search, directory: Directory) -> tuple[Stop, ...]:
    """Return the stations in the order of the list; a front door none of whose houses fits is passed by."""
    stops: dict[UUID, Stop] = {}
    for choice in choices(search, asking=True):
        for offering in public_offerings(choice, search, directory)[0]:
            stops.setdefault(offering.service_id, _stop(offering))
        for door in front_doors(choice, search, directory)[0]:
            house = _house(door.organization_id, choice, search, directory)
            if house is not None:
                stops.setdefault(door.organization_id, _stop(house))
    return tuple(stops.values())


def _stop(offering: Offering) -> Stop:
    return Stop(offering.receiver_id, offering.service_id, offering.service_type)


def _house(door: UUID, choice: Choice, search: Search, directory: Directory) -> Offering | None:
    houses = [
        offering
        for offering in directory.of_type(choice.service_type)
        if offering.confidential and offering.receiver_id == door and search.misfit(offering, choice.area) is None
    ]

    def order(offering: Offering) -> tuple[int, UUID]:
        return (-score(offering, search.person.current, search.person, choice.note)[0], offering.service_id)

    return min(houses, key=order, default=None)
