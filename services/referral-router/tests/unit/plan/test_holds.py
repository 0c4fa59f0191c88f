"""`hold_until` a service."""

from __future__ import annotations

from typing import Any

import pytest

from unavez_referral_router.domain.plan.holds import awaiting, is_lifted, release_key, release_task
from unavez_referral_router.domain.plan.plan import Awaits
from unavez_tests.referral_parts import a_plan, a_row, a_service

PROSECUTOR = Awaits(("JUS-FIS", "JUS-FFAM"), lifted_if_none=False)
WAITING = a_row(a_service(), number=0)
AWAITED = a_row(a_service("JUS-FIS"), number=1)
OF_FAMILY = a_row(a_service("JUS-FFAM"), number=2)
NOBODY_THERE = a_row(number=1, service_type="JUS-FIS")
REFUSED = a_row(a_service("JUS-FIS"), number=1, refused=True)
BOTH = a_plan(WAITING, AWAITED, OF_FAMILY)
ASKS = "task:RELEASE-JUS-FIS"


@pytest.mark.parametrize(
    ("plan", "accepted", "ended", "waits"),
    [
        (BOTH, set(), set(), "after:JUS-FIS"),
        (BOTH, {2}, set(), None),
        (BOTH, {1}, {2}, None),
        (BOTH, set(), {1}, "after:JUS-FFAM"),
        (BOTH, set(), {1, 2}, ASKS),
        (a_plan(WAITING, NOBODY_THERE), set(), set(), ASKS),
        (a_plan(WAITING, REFUSED), set(), set(), ASKS),
        (a_plan(WAITING), set(), set(), ASKS),
    ],
)
def test_a_hold_waits_for_any_that_may_still_come_and_else_for_a_named_worker(
    plan: Any, accepted: set[int], ended: set[int], waits: str | None
) -> None:
    assert awaiting(plan, WAITING, PROSECUTOR, accepted, ended, ()) == waits


def test_a_hold_a_worker_lifted_no_longer_waits_and_that_of_another_row_does() -> None:
    lifted = {release_key(0, "RELEASE-JUS-FIS")}
    assert awaiting(a_plan(WAITING), WAITING, PROSECUTOR, (), (), lifted) is None
    other = a_row(a_service(), number=5)
    assert awaiting(a_plan(other), other, PROSECUTOR, (), (), lifted) == ASKS


def test_a_hold_with_nothing_to_wait_for_falls_where_its_rule_says_so() -> None:
    falls = Awaits(PROSECUTOR.services, lifted_if_none=True)
    assert awaiting(a_plan(WAITING), WAITING, falls, (), (), ()) is None
    assert is_lifted(a_plan(WAITING), falls)
    assert not is_lifted(a_plan(WAITING), PROSECUTOR)
    assert not is_lifted(a_plan(WAITING, NOBODY_THERE), falls), "one that is asked for and nobody gives is a need"


def test_the_task_names_the_awaited_service_the_plan_has() -> None:
    assert release_task(a_plan(WAITING, OF_FAMILY), PROSECUTOR) == "RELEASE-JUS-FFAM"
    assert release_task(a_plan(WAITING), PROSECUTOR) == "RELEASE-JUS-FIS"
