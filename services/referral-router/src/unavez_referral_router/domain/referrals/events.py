"""The state of a referral as its events carry it to intake and notifier."""

from __future__ import annotations

from typing import Literal, cast

from unavez_referral_router.domain.referrals.deadlines import receivers_due_at
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.purposes import purpose_of
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_shared.contracts.event_data import ReferralScope, ReferralState


def state_of(dossier: Dossier, referral: Referral) -> ReferralState:
    """Return the event data of an offered referral."""
    if referral.organization_id is None or referral.offered_at is None or referral.respond_by is None:
        raise ValueError("a draft has no receiver, and no event")
    unseen = referral.unseen(dossier.now)
    service = dossier.service_of(referral)
    return ReferralState(
        referral_id=referral.referral_id,
        referral_code=referral.referral_code,
        case_id=referral.case_id,
        organization_id=referral.organization_id,
        team_organization_id=referral.team_organization_id,
        team=dossier.case.persons,
        service_type=referral.service_type,
        purpose=purpose_of(referral.service_type),
        status=referral.status.value,
        version=referral.version,
        urgency=cast("Literal['stat', 'asap', 'urgent', 'routine']", referral.urgency),
        district=referral.department,
        due_at=receivers_due_at(
            due_at=referral.due_at, captured_at=dossier.case.captured_at, offered_at=referral.offered_at
        ),
        respond_by=referral.respond_by,
        offered_at=referral.offered_at,
        grants=dossier.grants_of(referral),
        handling=list(dossier.plan.handling),
        receiving_service_type=referral.receiving_type,
        service_id=None if service is None else service.service_id,
        service_name=None if service is None else service.name,
        organization_entered_at=referral.entered_at or referral.offered_at,
        reason=referral.reason,
        signed_steps=True,
        team_shown_at=referral.shown_at if unseen else None,
        team_status=referral.shown_status if unseen else None,
        demo=dossier.case.demo,
    )


def scope_of(dossier: Dossier, referral: Referral) -> ReferralScope:
    """Return the same with the number of what its packet may show."""
    return ReferralScope(**dict(state_of(dossier, referral)), scope_version=referral.scope_version)
