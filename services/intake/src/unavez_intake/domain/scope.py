"""What a receiver's packet is made of now, and which of it the receiver may read (SAFETY N8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from unavez_intake.domain.consents import EXPLICIT_ONLY, Consent, active, agreed_by, explicit
from unavez_intake.domain.referrals import Referral, Stage
from unavez_shared.protocol.agreement import EXPLICIT_RULE, Receiver, shared_by

ROUTE = "ROUTE"
"""Referral code, service, urgency, deadlines, handling: always."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The categories of one packet."""

    categories: frozenset[str]
    """Of the rules that let the referral leave: the packet's shape, the same whatever she refused or never told."""
    readable: frozenset[str]
    """Those of them that she, or the law, lets this receiver read."""


def scope_of(referral: Referral, consents: Sequence[Consent], stage: Stage, now: datetime) -> Scope:
    """Return the categories at this moment; the projection cuts the offer stage down to its fields.

    What a rule brings by duty or vital interest is readable; of what a consent rule brings she agreed to some for
    this receiver, read as the router reads it: where she named none, what the row's consent rules have in common.
    What no rule may bring (`EXPLICIT_ONLY`) is there after acceptance, by a consent that names it for this receiver.
    """
    receiver = Receiver(referral.service_type, referral.receiving_type, referral.organization_id)
    agreed = agreed_by(active(consents, now), receiver)
    shared = shared_by(
        grant.categories for grant in referral.grants if grant.basis == "consent" and grant.rule_id != EXPLICIT_RULE
    )
    categories, readable = {ROUTE}, {ROUTE}
    for grant in referral.grants:
        if not grant.is_open:
            continue
        brought = grant.categories - EXPLICIT_ONLY
        categories |= brought
        if grant.basis != "consent":
            readable |= brought
        elif agreed is not None:
            readable |= agreed.covers(brought, shared)
    if stage is Stage.ACCEPTED and agreed is not None:
        named = explicit(agreed, receiver)
        categories |= named
        readable |= named
    return Scope(frozenset(categories), frozenset(readable))
