"""A referral as JSON: for an agency without the person, the case or other offers; for a team with them (SAFETY N7)."""

from __future__ import annotations

from typing import Any

from unavez_referral_router.domain.matching.service import Service
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Status
from unavez_referral_router.use_cases.show_referrals import ShownReferral
from unavez_shared.privacy.coarse_time import rounded_up

_REASONS_OF_ITS_OWN = frozenset({Status.REJECTED, Status.FAILED, Status.ON_HOLD})


def agency_view(referral: Referral, public_url: str, *, demo: bool) -> dict[str, Any]:
    """Return what the offered organization may know: its own `due_at`, `respond_by` rounded up to five minutes."""
    view = _view(referral, public_url, demo=demo)
    view["district"] = referral.department
    if referral.status not in _REASONS_OF_ITS_OWN:
        # Why others ended it would tell that another organization took her, or what her team thought.
        view["reason"] = None
    if referral.respond_by is not None:
        view["respond_by"] = rounded_up(referral.respond_by)
    return view


def team_view(referral: Referral, public_url: str, *, demo: bool) -> dict[str, Any]:
    """Return what the case's own team sees in a list."""
    return {**_view(referral, public_url, demo=demo), "case_id": referral.case_id}


def shown_view(shown: ShownReferral, public_url: str, *, demo: bool) -> dict[str, Any]:
    """Return one referral with as much as the actor may know."""
    if shown.team is None:
        houses = None if shown.houses is None else [_house(house) for house in shown.houses]
        return {**agency_view(shown.referral, public_url, demo=demo), "houses": houses}
    return {
        **team_view(shown.referral, public_url, demo=demo),
        "offered_to": shown.team.offered_to,
        "withheld_for": shown.team.withheld_for,
        "history": shown.team.history,
    }


def _house(house: Service) -> dict[str, Any]:
    return {"service_id": house.service_id, "name": house.name}


def _view(referral: Referral, public_url: str, *, demo: bool) -> dict[str, Any]:
    offered = referral.offered_at is not None
    return {
        "referral_id": referral.referral_id,
        "service_type": referral.service_type,
        "jurisdiction": referral.jurisdiction,
        "district": referral.district,
        "basis": referral.basis,
        "urgency": referral.urgency,
        "status": referral.status.value,
        "version": referral.version,
        "organization_id": referral.organization_id,
        "respond_by": referral.respond_by,
        "due_at": referral.due_at,
        "packet_url": f"{public_url}/intake/v1/packets/{referral.referral_id}" if offered else None,
        "reason": referral.reason,
        "demo": demo,
    }
