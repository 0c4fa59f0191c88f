"""Whom to ask, in order. Unlike the list that is shown, this one knows the houses; only their front door is told.

Every front door of the list is asked in its turn, whether or not one of its houses fits (SAFETY N1): to pass one by
would tell where its houses are to whoever confirms an invented case (ADR 19).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.listing import Link
from unavez_referral_router.domain.matching.misfit import Misfit
from unavez_referral_router.domain.matching.search import Choice, Search
from unavez_referral_router.domain.matching.service import Service

_MAY_TAKE_HER = frozenset({None, Misfit.FULL})
"""A house that is full may take her: its front door knows better than the last report whether a bed is free."""


@dataclass(frozen=True, slots=True)
class RouteStep:
    """One step of an offer's route: whom to ask next, for which of its services. Told to nobody."""

    organization_id: UUID
    service_id: UUID
    service_type: str
    houses: tuple[UUID, ...] | None = None
    """Of a front door: its houses that may take her; it alone is told. None: no front door."""


def find_route(links: Iterable[Link], search: Search, directory: Directory) -> tuple[RouteStep, ...]:
    """Return the steps in the order of the list, without the organizations and kinds of service she refuses.

    What a list of shelters does not tell counts here: a kind she refuses is not asked, or last. A front door is one
    step for each kind of service it answers for: whether she agreed to that kind is judged for each.
    """
    steps: dict[UUID | tuple[UUID, str], RouteStep] = {}
    for link in sorted(links, key=lambda link: search.refuses(link.choice)):
        if search.refuses(link.choice) and not search.last_resort:
            continue
        for service in link.public:
            step = RouteStep(service.receiver_id, service.service_id, service.service_type)
            steps.setdefault(service.service_id, step)
        for listed in link.doors:
            if listed.receiver_id in search.avoided_organizations and not search.last_resort:
                continue
            door = (listed.receiver_id, listed.service_type)
            step = steps.get(door) or RouteStep(listed.receiver_id, listed.service_id, listed.service_type)
            houses = (*(step.houses or ()), *_houses(listed, link.choice, search, directory))
            steps[door] = replace(step, houses=tuple(dict.fromkeys(houses)))
    return tuple(steps.values())


def _houses(listed: Service, choice: Choice, search: Search, directory: Directory) -> tuple[UUID, ...]:
    """Return the houses behind the same front door that may take her; their order tells nothing about her."""
    behind = directory.houses(choice.service_type)[listed.receiver_id]
    return tuple(house.service_id for house in behind if search.misfit(house, choice.area) in _MAY_TAKE_HER)
