"""Every legal step, and every illegal one."""

from __future__ import annotations

import csv
import itertools

import pytest

from unavez_referral_router.domain.referrals.states import EVENTS, STEPS, Party, Status, is_legal, may_ever

DRAWN = """draft,requested
requested,accepted
requested,rejected
requested,cancelled
accepted,in-progress
accepted,on-hold
accepted,cancelled
accepted,completed
accepted,failed
in-progress,on-hold
on-hold,in-progress
in-progress,cancelled
in-progress,completed
in-progress,failed
on-hold,cancelled
on-hold,completed
on-hold,failed
"""
"""FHIR SDOHCC 3.0.0, the drawn transitions (CC0); `(any),entered-in-error` and our `expired` come beside them."""


def drawn() -> set[tuple[Status, Status]]:
    return {(Status(from_), Status(to)) for from_, to in csv.reader(DRAWN.splitlines())}


def test_the_steps_are_those_of_fhir_and_our_expiry_and_nothing_else() -> None:
    errors = {(status, Status.ENTERED_IN_ERROR) for status in Status if status is not Status.ENTERED_IN_ERROR}
    assert set(STEPS) == drawn() | errors | {(Status.REQUESTED, Status.EXPIRED)}


@pytest.mark.parametrize(("from_", "to"), list(itertools.product(Status, Status)))
def test_each_step_is_for_its_parties_only(from_: Status, to: Status) -> None:
    for party in Party:
        assert is_legal(from_, to, party) is (party in STEPS.get((from_, to), ()))


@pytest.mark.parametrize(
    ("from_", "to", "party", "legal"),
    [
        (Status.REQUESTED, Status.ACCEPTED, Party.AGENCY, True),
        (Status.REQUESTED, Status.ACCEPTED, Party.TEAM, False),
        (Status.REQUESTED, Status.ACCEPTED, Party.ROUTER, False),
        (Status.REQUESTED, Status.CANCELLED, Party.AGENCY, False),
        (Status.ACCEPTED, Status.CANCELLED, Party.AGENCY, True),
        (Status.REQUESTED, Status.CANCELLED, Party.TEAM, True),
        (Status.REQUESTED, Status.EXPIRED, Party.ROUTER, True),
        (Status.REQUESTED, Status.EXPIRED, Party.COORDINATOR, False),
        (Status.COMPLETED, Status.ENTERED_IN_ERROR, Party.COORDINATOR, True),
        (Status.COMPLETED, Status.ENTERED_IN_ERROR, Party.AGENCY, False),
        (Status.REJECTED, Status.ACCEPTED, Party.AGENCY, False),
        (Status.DRAFT, Status.REQUESTED, Party.COORDINATOR, False),
    ],
)
def test_who_may_take_a_step(from_: Status, to: Status, party: Party, legal: bool) -> None:
    assert is_legal(from_, to, party) is legal


def test_terminal_states_lead_nowhere_but_into_error() -> None:
    for status in (Status.REJECTED, Status.EXPIRED, Status.CANCELLED, Status.FAILED, Status.COMPLETED):
        assert {to for from_, to in STEPS if from_ is status} == {Status.ENTERED_IN_ERROR}


def test_every_state_but_draft_has_its_event() -> None:
    assert set(EVENTS) == set(Status) - {Status.DRAFT}


def test_only_a_coordinator_may_ever_undo() -> None:
    assert [party for party in Party if may_ever(party, Status.ENTERED_IN_ERROR)] == [Party.COORDINATOR]
