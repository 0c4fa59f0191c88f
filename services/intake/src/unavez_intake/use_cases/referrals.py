"""What the router says of referrals: who was offered one, where it stands, what her team and its receiver see of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unavez_intake.adapters.stores import Stores
from unavez_intake.domain.records import Milestone
from unavez_intake.domain.referrals import Fact, Grant, Referral, Step, implies_acceptance
from unavez_shared.contracts.errors import UnavezError
from unavez_shared.contracts.event_data import ReferralMilestone, ReferralScope, ReferralState
from unavez_shared.messaging.errors import BadSignatureError
from unavez_shared.persistence.database import UnitOfWork


class SignedFactMissingError(UnavezError):
    """A status arrived before the signed fact it rests on: the message waits for it, parked."""

    code = "signed_fact_missing"


@dataclass(frozen=True, slots=True)
class ApplyReferralFacts:
    """Signed facts in the order they were said."""

    facts: Sequence[ReferralState]


async def apply_referral_facts(command: ApplyReferralFacts, work: UnitOfWork, stores: Stores) -> None:
    """Open packets as the router says: only these facts create one, accept one or change what is in it (SAFETY N6)."""
    await stores.referrals.apply_facts(
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


@dataclass(frozen=True, slots=True)
class ApplyReferralStatus:
    """Steps in the order they were published."""

    steps: Sequence[Step]


async def apply_referral_status(command: ApplyReferralStatus, work: UnitOfWork, stores: Stores) -> None:
    """Move the statuses of rows that exist, and nothing else of them.

    Raises `SignedFactMissingError` for a referral whose offer, or acceptance, was not consumed yet, `BadSignatureError`
    for a step without a signature where the router signs all: whoever holds the family's key could have written it
    (SAFETY N6). Of a referral from before the router did so it counts, for it opens nothing.
    """
    standing = await stores.referrals.standing_of(work, {step.referral_id for step in command.steps})
    for step in command.steps:
        found = standing.get(step.referral_id)
        if found is None or (implies_acceptance(step.status) and not found.accepted):
            raise SignedFactMissingError("the signed fact this status rests on was not consumed yet")
        if step.unsigned and found.signed_steps:
            raise BadSignatureError("not signed by its producer")
    await stores.referrals.apply_steps(work, command.steps)


async def show_referrals(shown: Sequence[ReferralState], work: UnitOfWork, stores: Stores) -> None:
    """Let her team see what became of these referrals before the time it was to see it (ADR 19)."""
    await stores.referrals.show(work, [(state.referral_id, state.version) for state in shown])


@dataclass(frozen=True, slots=True)
class RecordMilestones:
    """Milestones in the order they were said."""

    milestones: Sequence[ReferralMilestone]


async def record_milestones(command: RecordMilestones, work: UnitOfWork, stores: Stores) -> None:
    """Keep each milestone once."""
    await stores.referrals.add_milestones(
        work,
        [
            Milestone(
                milestone_id=told.milestone_id,
                referral_id=told.referral.referral_id,
                case_id=told.referral.case_id,
                kind=told.kind,
                value=told.value,
                on=told.on,
            )
            for told in command.milestones
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
