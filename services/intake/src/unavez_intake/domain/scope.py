"""Which categories a receiver may read now: the rules that brought it the referral, cut down to what she agreed to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from unavez_intake.domain.consents import EXPLICIT_ONLY, Consent, active, agreed_by, explicit
from unavez_intake.domain.referrals import Referral, Stage
from unavez_shared.protocol.agreement import Receiver

ROUTE = "ROUTE"
"""Referral code, service, urgency, deadlines, handling: always."""


def open_categories(referral: Referral, consents: Sequence[Consent], stage: Stage, now: datetime) -> frozenset[str]:
    """Return the categories that are open at this moment; the projection cuts the offer stage down to its fields.

    A rule whose basis is duty or vital interest brings its own; a consent rule brings what she agreed to
    for this receiver, read as the router reads it.
    What no rule may bring (`EXPLICIT_ONLY`) opens after acceptance, by a consent that names it for this receiver.
    """
    receiver = Receiver(referral.service_type, referral.receiving_type, referral.organization_id)
    agreed = agreed_by(active(consents, now), receiver)
    opened = {ROUTE}
    for grant in referral.grants:
        if not grant.is_open:
            continue
        if grant.basis != "consent":
            opened |= grant.categories - EXPLICIT_ONLY
        elif agreed is not None:
            opened |= agreed.covers(grant.categories) - EXPLICIT_ONLY
    if stage is Stage.ACCEPTED and agreed is not None:
        opened |= explicit(agreed, receiver)
    return frozenset(opened)
