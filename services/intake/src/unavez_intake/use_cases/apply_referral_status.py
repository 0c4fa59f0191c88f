"""Consume where a referral stands: started, declined, ended. It closes packets; it never opens one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unavez_intake.domain.referrals import Step, implies_acceptance
from unavez_intake.use_cases.ports import ReferralStore
from unavez_shared.contracts.errors import UnavezError
from unavez_shared.contracts.event_data import ReferralState
from unavez_shared.messaging.errors import BadSignatureError
from unavez_shared.persistence.database import UnitOfWork


class SignedFactMissingError(UnavezError):
    """A status arrived before the signed fact it rests on: the message waits for it, parked."""

    code = "signed_fact_missing"


@dataclass(frozen=True, slots=True)
class ApplyReferralStatus:
    """Steps in the order they were published."""

    steps: Sequence[Step]


async def apply_referral_status(command: ApplyReferralStatus, work: UnitOfWork, store: ReferralStore) -> None:
    """Move the statuses of rows that exist, and nothing else of them.

    Raises `SignedFactMissingError` for a referral whose offer, or acceptance, was not consumed yet, `BadSignatureError`
    for a step without a signature where the router signs all: whoever holds the family's key could have written it
    (SAFETY N6). Of a referral from before the router did so it counts, for it opens nothing.
    """
    standing = await store.standing_of(work, {step.referral_id for step in command.steps})
    for step in command.steps:
        found = standing.get(step.referral_id)
        if found is None or (implies_acceptance(step.status) and not found.accepted):
            raise SignedFactMissingError("the signed fact this status rests on was not consumed yet")
        if step.unsigned and found.signed_steps:
            raise BadSignatureError("not signed by its producer")
    await store.apply_steps(work, command.steps)


async def show_referrals(shown: Sequence[ReferralState], work: UnitOfWork, store: ReferralStore) -> None:
    """Let her team see what became of these referrals before the time it was to see it (ADR 19)."""
    await store.show(work, [(state.referral_id, state.version) for state in shown])
