"""Hear where a referral stands: started, declined, ended. It closes packets; it never opens one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from unavez_intake.domain.referrals import Standing, implies_acceptance, is_ended
from unavez_intake.use_cases.ports import ReferralStore
from unavez_shared.contracts.errors import UnavezError
from unavez_shared.contracts.events import ReferralState
from unavez_shared.persistence.database import UnitOfWork


class SignedFactMissingError(UnavezError):
    """A status arrived before the signed fact it rests on: the message waits for it, parked."""

    code = "signed_fact_missing"


@dataclass(frozen=True, slots=True)
class ApplyReferralStatus:
    """States in the order they were said, each with the time it was said at."""

    states: Sequence[tuple[ReferralState, datetime]]


async def apply_referral_status(command: ApplyReferralStatus, work: UnitOfWork, store: ReferralStore) -> None:
    """Move the statuses. Raises `SignedFactMissingError` for a referral whose offer, or acceptance, was not heard yet.

    These facts are not signed by one producer, so whoever holds the family's key could say them (SAFETY N6): they
    change nothing but the status, of rows that exist.
    """
    accepted = await store.acceptance_of(work, {state.referral_id for state, _ in command.states})
    for state, _ in command.states:
        if state.referral_id not in accepted or (implies_acceptance(state.status) and not accepted[state.referral_id]):
            raise SignedFactMissingError("the signed fact this status rests on was not heard yet")
    await store.apply_statuses(work, [_standing(state, said_at) for state, said_at in command.states])


async def show_referrals(shown: Sequence[ReferralState], work: UnitOfWork, store: ReferralStore) -> None:
    """Let her team see what became of these referrals before the time it was to see it (ADR 19)."""
    await store.show(work, [(state.referral_id, state.version) for state in shown])


def _standing(state: ReferralState, said_at: datetime) -> Standing:
    return Standing(
        referral_id=state.referral_id,
        version=state.version,
        status=state.status,
        ended_at=said_at if is_ended(state.status) else None,
        shown_at=state.team_shown_at,
        shown_status=state.team_status,
    )
