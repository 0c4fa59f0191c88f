from __future__ import annotations

from uuid import uuid4

from unavez_notifier.adapters.gates import ALLOWANCE, Gates


def test_working_subscription_keeps_its_allowance_less_what_is_on_its_way() -> None:
    gates, one = Gates(), uuid4()
    gates.enter(one)
    gates.enter(one)
    assert gates.exceptions() == [(one, ALLOWANCE - 2)]
    gates.leave(one, worked=True)
    gates.leave(one, worked=True)
    assert gates.exceptions() == []


def test_failing_subscription_is_probed_one_at_a_time_until_it_works() -> None:
    gates, one = Gates(), uuid4()
    gates.enter(one)
    gates.leave(one, worked=False)
    assert gates.exceptions() == [(one, 1)]
    gates.enter(one)
    assert gates.exceptions() == [(one, 0)]
    gates.leave(one, worked=True)
    assert gates.exceptions() == []
