"""Hear what the router signed: who was offered a referral, who accepted it, what its rules let the receiver read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unavez_intake.domain.referrals import Fact, Grant, Referral, implies_acceptance
from unavez_intake.use_cases.ports import ReferralStore
from unavez_shared.contracts.event_data import ReferralScope, ReferralState
from unavez_shared.persistence.database import UnitOfWork


@dataclass(frozen=True, slots=True)
class ApplyReferralFacts:
    """Signed facts in the order they were said."""

    facts: Sequence[ReferralState]


async def apply_referral_facts(command: ApplyReferralFacts, work: UnitOfWork, store: ReferralStore) -> None:
    """Open packets as the router says: only these facts create one, accept one or change what is in it (SAFETY N6)."""
    await store.apply_facts(
        work,
        [
            Fact(
                referral=_referral(state),
                version=state.version,
                scope_version=state.scope_version if isinstance(state, ReferralScope) else 0,
                signed_steps=state.signed_steps,
            )
            for state in command.facts
        ],
    )


def _referral(state: ReferralState) -> Referral:
    return Referral(
        referral_id=state.referral_id,
        case_id=state.case_id,
        organization_id=state.organization_id,
        status=state.status,
        accepted=implies_acceptance(state.status),
        ended_at=None,
        referral_code=state.referral_code,
        service_type=state.service_type,
        receiving_type=state.receiving_service_type or state.service_type,
        purpose=state.purpose,
        urgency=state.urgency,
        due_at=state.due_at,
        respond_by=state.respond_by,
        handling=tuple(state.handling),
        grants=tuple(
            Grant(grant.rule_id, grant.basis, frozenset(grant.categories), grant.open) for grant in state.grants
        ),
        service_name=state.service_name,
        shown_at=state.team_shown_at,
        shown_status=state.team_status,
    )
