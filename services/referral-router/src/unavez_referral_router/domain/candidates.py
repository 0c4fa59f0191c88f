"""Who could take a row: public services with a score and its reasons, confidential ones as front doors (SAFETY N1)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from unavez_referral_router.domain.directory import Directory
from unavez_referral_router.domain.front_doors import front_doors
from unavez_referral_router.domain.offering import Offering
from unavez_referral_router.domain.row import Candidate
from unavez_referral_router.domain.scoring import TO_CONFIRM, remoteness, score
from unavez_referral_router.domain.search import OTHER_REGION, Choice, Search, choices
from unavez_referral_router.domain.unmet import Misfit, closest


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain with who could take her there, best first."""

    choice: Choice
    public: tuple[Offering, ...]
    doors: tuple[Offering, ...]
    """Of each front door the house it is listed for, ordered by front door."""


@dataclass(frozen=True, slots=True)
class Found:
    """The list as it is shown, and why it is empty or holds stand-ins only (None: it holds a first choice)."""

    candidates: tuple[Candidate, ...]
    misfit: Misfit | None
    links: tuple[Link, ...]
    """The chain the list was made from: the way of an offer follows it. Told to nobody."""


def find(search: Search, directory: Directory) -> Found:
    """List the candidates of a row, best first; each service and each front door stands there once."""
    candidates: dict[UUID, Candidate] = {}
    misfits: list[Misfit] = []
    links: list[Link] = []
    for choice in choices(search):
        public, public_misfits = _public(choice, search, directory)
        doors, door_misfits = front_doors(choice, search, directory)
        for candidate in (candidate for _, candidate in (*public, *doors)):
            candidates.setdefault(candidate.service_id or candidate.organization_id, candidate)
        if choice.fallback_for is None:
            misfits += [*public_misfits, *door_misfits]
        links.append(Link(choice, *(tuple(offering for offering, _ in found) for found in (public, doors))))
    listed = tuple(candidates.values())
    if any(candidate.fallback_for is None for candidate in listed):
        return Found(listed, None, tuple(links))
    return Found(listed, Misfit.NONE_EXISTS if listed else closest(misfits), tuple(links))


def _public(
    choice: Choice, search: Search, directory: Directory
) -> tuple[list[tuple[Offering, Candidate]], list[Misfit]]:
    """Return the public services of one link that can take her, best first, and why the others cannot."""
    fitting: list[tuple[Offering, Candidate]] = []
    serving = directory.serving(choice.service_type, choice.within)
    elsewhere = len(serving) < len(directory.of_type(choice.service_type))
    misfits = [Misfit.OUT_OF_AREA] if elsewhere else []
    for offering in serving:
        if offering.confidential:
            continue
        misfit = search.misfit(offering, choice.area)
        if misfit is None:
            fitting.append((offering, _candidate(offering, choice, search)))
        else:
            misfits.append(misfit)

    far = OTHER_REGION in choice.note

    def order(found: tuple[Offering, Candidate]) -> tuple[bool, bool, int, float, UUID]:
        offering, candidate = found
        avoided = offering.receiver_id in search.avoided_organizations
        perhaps = offering.interprets and TO_CONFIRM in candidate.reasons
        way = remoteness(offering.district, search.reference) if far else 0.0
        return (avoided, perhaps, -(candidate.score or 0), way, offering.service_id)

    fitting.sort(key=order)
    return fitting, misfits


def _candidate(offering: Offering, choice: Choice, search: Search) -> Candidate:
    points, reasons = score(offering, search.reference, search.person, choice.note)
    return Candidate(
        organization_id=offering.organization_id,
        service_id=offering.service_id,
        service_type=offering.service_type,
        fallback_for=choice.fallback_for,
        reasons=reasons,
        score=points,
        delivery=offering.delivery,
    )
