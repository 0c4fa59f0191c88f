"""Who could take a row, as it may be shown: the public services of one link with a score and its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.misfit import Misfit
from unavez_referral_router.domain.matching.scoring import TO_CONFIRM, remoteness, score
from unavez_referral_router.domain.matching.search import OTHER_REGION, Choice, Search
from unavez_referral_router.domain.matching.service import Service


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who could take the row, as it may be shown: a confidential house only as its front door (SAFETY N1)."""

    organization_id: UUID
    service_id: UUID | None
    service_type: str
    fallback_for: str | None
    reasons: tuple[str, ...]
    score: int | None
    delivery: str


def public_candidates(
    choice: Choice, search: Search, directory: Directory
) -> tuple[list[tuple[Service, Candidate]], list[Misfit]]:
    """Return the public services of one link that can take her, best first, and why the others cannot."""
    fitting: list[tuple[Service, Candidate]] = []
    serving = directory.serving(choice.service_type, choice.within)
    elsewhere = len(serving) < len(directory.of_type(choice.service_type))
    misfits = [Misfit.OUT_OF_AREA] if elsewhere else []
    for service in serving:
        if service.confidential:
            continue
        misfit = search.misfit(service, choice.area)
        if misfit is None:
            fitting.append((service, _candidate(service, choice, search)))
        else:
            misfits.append(misfit)

    far = OTHER_REGION in choice.note

    def order(found: tuple[Service, Candidate]) -> tuple[bool, bool, int, float, UUID]:
        service, candidate = found
        avoided = service.receiver_id in search.avoided_organizations
        perhaps = service.interprets and TO_CONFIRM in candidate.reasons
        way = remoteness(service.district, search.reference) if far else 0.0
        return (avoided, perhaps, -(candidate.score or 0), way, service.service_id)

    fitting.sort(key=order)
    return fitting, misfits


def _candidate(service: Service, choice: Choice, search: Search) -> Candidate:
    points, reasons = score(service, search.reference, search.person, choice.note)
    return Candidate(
        organization_id=service.organization_id,
        service_id=service.service_id,
        service_type=service.service_type,
        fallback_for=choice.fallback_for,
        reasons=reasons,
        score=points,
        delivery=service.delivery,
    )
