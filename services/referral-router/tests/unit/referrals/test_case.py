"""What is kept of a case and its plan, and who takes a step."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest

from unavez_referral_router.domain.referrals.case import ROUTER, Case, PlanRecord, StepAuthor
from unavez_referral_router.domain.referrals.states import Party
from unavez_tests.referral_parts import NOW


@pytest.mark.parametrize(
    ("team", "focal_point", "persons"),
    [(("B", "A"), None, ["A", "B"]), (("B",), "A", ["A", "B"]), (("A",), "A", ["A"]), ((), None, [])],
)
def test_the_persons_of_a_case_are_its_team_and_its_focal_point_each_once(
    team: tuple[str, ...], focal_point: str | None, persons: list[str]
) -> None:
    assert Case(uuid4(), uuid4(), team, focal_point, NOW, demo=True).persons == persons


@pytest.mark.parametrize(
    ("confirmed_by", "waits_since", "status"),
    [(None, None, "proposed"), ("CW-12", None, "confirmed"), ("CW-12", NOW, "proposed"), (None, NOW, "proposed")],
)
def test_a_plan_that_waits_for_a_coordinator_is_proposed_whoever_confirmed_it(
    confirmed_by: str | None, waits_since: datetime | None, status: str
) -> None:
    assert PlanRecord(uuid4(), confirmed_by=confirmed_by, waits_since=waits_since).status == status


@pytest.mark.parametrize(
    ("author", "by_team"),
    [
        (StepAuthor(Party.TEAM, "CW-12"), True),
        (StepAuthor(Party.COORDINATOR, "CW-01"), True),
        (StepAuthor(Party.AGENCY, "AG-1"), False),
        (StepAuthor(Party.AGENCY, "CW-12", channel="phone"), True),
        (ROUTER, False),
    ],
)
def test_an_answer_recorded_on_behalf_of_a_receiver_is_a_step_of_her_team(author: StepAuthor, by_team: bool) -> None:
    assert author.by_team is by_team
