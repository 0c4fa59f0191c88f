"""Whom to ask, in order. Unlike the list that is shown, this one knows the houses; nobody is told it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from unavez_referral_router.domain.candidates import Link
from unavez_referral_router.domain.directory import Directory
from unavez_referral_router.domain.offering import Offering
from unavez_referral_router.domain.row import Stop
from unavez_referral_router.domain.scoring import score
from unavez_referral_router.domain.search import Choice, Search


def find_route(links: Iterable[Link], search: Search, directory: Directory) -> tuple[Stop, ...]:
    """Return the stations in the order of the list; a front door none of whose houses fits is passed by.

    What a list of shelters does not tell counts here: a kind she refuses is not asked, or last.
    """
    stops: dict[UUID, Stop] = {}
    for link in sorted(links, key=lambda link: search.refuses(link.choice)):
        if search.refuses(link.choice) and not search.last_resort:
            continue
        for offering in link.public:
            stops.setdefault(offering.service_id, _stop(offering))
        for door in link.doors:
            house = _house(door.organization_id, link.choice, search, directory)
            if house is not None:
                stops.setdefault(door.organization_id, _stop(house))
    return tuple(stops.values())


def _stop(offering: Offering) -> Stop:
    return Stop(offering.receiver_id, offering.service_id, offering.service_type)


def _house(door: UUID, choice: Choice, search: Search, directory: Directory) -> Offering | None:
    houses = [
        offering
        for offering in directory.houses(choice.service_type)[door]
        if search.misfit(offering, choice.area) is None
    ]

    def order(offering: Offering) -> tuple[int, UUID]:
        return (-score(offering, search.person.current, search.person, choice.note)[0], offering.service_id)

    return min(houses, key=order, default=None)
