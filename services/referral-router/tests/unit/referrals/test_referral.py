"""One referral, as its receiver and as her team sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from unavez_referral_router.domain.referrals.states import Status
from unavez_tests.referral_parts import NOW, a_referral

MINUTE = timedelta(minutes=1)
LATER = NOW + 26 * MINUTE


@pytest.mark.parametrize(
    ("status", "accepted", "helped", "is_open"),
    [
        (Status.REQUESTED, False, False, True),
        (Status.ACCEPTED, True, True, True),
        (Status.ON_HOLD, True, True, True),
        (Status.COMPLETED, True, True, False),
        (Status.CANCELLED, True, True, False),
        (Status.CANCELLED, False, False, False),
        (Status.FAILED, True, True, False),
        (Status.ENTERED_IN_ERROR, True, False, False),
        (Status.REJECTED, False, False, False),
    ],
)
def test_who_accepted_helped_also_when_it_ended_but_not_by_error(
    status: Status, accepted: bool, helped: bool, is_open: bool
) -> None:
    referral = a_referral(status=status, accepted_at=NOW if accepted else None)
    assert (referral.helped, referral.open) == (helped, is_open)


def test_a_clock_runs_for_her_team_from_when_it_saw_the_offer() -> None:
    referral = a_referral(asked_at=LATER, respond_by=NOW + 60 * MINUTE)
    assert referral.team_respond_by == LATER + 60 * MINUTE
    assert a_referral(respond_by=LATER).team_respond_by == LATER
    assert a_referral(respond_by=None).team_respond_by is None


def test_her_team_sees_the_state_before_until_the_time_of_the_next_has_come() -> None:
    offer = a_referral(version=1)
    refused = offer.veiled(replace(offer, status=Status.REJECTED, version=2, reason="other"), LATER, NOW)
    seen = refused.as_team_sees(NOW)
    assert seen is not None
    assert (seen.status, seen.version, seen.reason) == (Status.REQUESTED, 1, None)
    at_last = refused.as_team_sees(LATER)
    assert at_last is not None
    assert (at_last.status, at_last.version, at_last.reason) == (Status.REJECTED, 2, "other")


def test_what_follows_an_unseen_state_keeps_the_last_state_that_was_seen() -> None:
    offer = a_referral()
    refused = offer.veiled(replace(offer, status=Status.REJECTED, version=2), LATER, NOW)
    mistaken = refused.veiled(replace(refused, status=Status.ENTERED_IN_ERROR, version=3), LATER, NOW)
    assert (mistaken.shown_status, mistaken.shown_version) == ("requested", 1)


def test_her_team_does_not_know_of_a_referral_that_began_unseen() -> None:
    assert a_referral(shown_at=LATER).as_team_sees(NOW) is None
    assert a_referral(shown_at=LATER).as_team_sees(LATER) is not None


def test_a_draft_that_is_offered_unseen_shows_her_team_no_receiver() -> None:
    draft = a_referral(status=Status.DRAFT, version=0, organization_id=None)
    offered = replace(draft, status=Status.REQUESTED, version=1, organization_id=a_referral().organization_id)
    seen = draft.veiled(offered, LATER, NOW).as_team_sees(NOW)
    assert seen is not None
    assert (seen.organization_id, seen.service_id, seen.offered_at, seen.respond_by) == (None, None, None, None)


def test_once_all_of_it_is_seen_no_later_moment_is_left_in_it() -> None:
    offer = a_referral(shown_at=LATER, shown_status="draft", shown_version=0, asked_at=LATER).unveiled(NOW)
    assert (offer.shown_at, offer.shown_status, offer.shown_version, offer.asked_at) == (None, None, None, NOW)


def test_that_an_unanswered_offer_went_to_the_next_as_well_is_seen_when_its_time_is_over_for_her_team() -> None:
    silent = a_referral(respond_by=NOW, asked_at=LATER, escalated_at=NOW)
    assert silent.escalation_unseen(LATER - MINUTE)
    assert not silent.escalation_unseen(LATER)
    assert not replace(silent, status=Status.ACCEPTED).escalation_unseen(NOW)
    assert not replace(silent, escalated_at=None).escalation_unseen(NOW)
