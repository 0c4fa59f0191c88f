"""Which categories a receiver may read now: the rules that brought it the referral, cut down to what she agreed to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from unavez_intake.domain.consents import EXPLICIT_ONLY, Consent, active
from unavez_intake.domain.referrals import Referral, Stage

ROUTE = "ROUTE"
"""Referral code, service, urgency, deadlines, handling: always."""


def open_categories(referral: Referral, consents: Sequence[Consent], stage: Stage, now: datetime) -> frozenset[str]:
    """Return the categories that are open at this moment; the projection cuts the offer stage down to its fields.

    A rule whose basis is duty or vital interest brings its own; a consent rule brings what an active consent covers.
    What no rule may bring (`EXPLICIT_ONLY`) opens after acceptance, by a consent that names it for this receiver.
    """
    given = active(consents, now)
    opened = {ROUTE}
    for grant in referral.grants:
        if not grant.is_open:
            continue
        if grant.basis != "consent":
            opened |= grant.categories - EXPLICIT_ONLY
            continue
        for consent in given:
            opened |= consent.covers(grant.categories, referral.receiving_type, referral.organization_id)
    if stage is Stage.ACCEPTED:
        for consent in given:
            opened |= consent.explicit(referral.receiving_type, referral.organization_id)
    return frozenset(opened)
