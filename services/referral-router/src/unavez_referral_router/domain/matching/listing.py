"""The list of a row: public services with a score and its reasons, confidential ones as front doors (SAFETY N1)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from unavez_referral_router.domain.matching.candidates import Candidate, public_candidates
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.front_doors import front_doors
from unavez_referral_router.domain.matching.misfit import Misfit, closest
from unavez_referral_router.domain.matching.search import Choice, Search, choices
from unavez_referral_router.domain.matching.service import Service


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain with who could take her there, best first."""

    choice: Choice
    public: tuple[Service, ...]
    doors: tuple[Service, ...]
    """Of each front door the house it is listed for, ordered by front door."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The list as it is shown, and why it is empty or holds stand-ins only (None: it holds a first choice)."""

    candidates: tuple[Candidate, ...]
    misfit: Misfit | None
    links: tuple[Link, ...]
    """The chain the list was made from: the way of an offer follows it. Told to nobody."""


def find(search: Search, directory: Directory) -> Listing:
    """List the candidates of a row, best first; each service and each front door stands there once."""
    candidates: dict[UUID, Candidate] = {}
    misfits: list[Misfit] = []
    links: list[Link] = []
    for choice in choices(search):
        public, public_misfits = public_candidates(choice, search, directory)
        doors, door_misfits = front_doors(choice, search, directory)
        for candidate in (candidate for _, candidate in (*public, *doors)):
            candidates.setdefault(candidate.service_id or candidate.organization_id, candidate)
        if choice.fallback_for is None:
            misfits += [*public_misfits, *door_misfits]
        links.append(Link(choice, *(tuple(service for service, _ in found) for found in (public, doors))))
    listed = tuple(candidates.values())
    if any(candidate.fallback_for is None for candidate in listed):
        return Listing(listed, None, tuple(links))
    return Listing(listed, Misfit.NONE_EXISTS if listed else closest(misfits), tuple(links))
